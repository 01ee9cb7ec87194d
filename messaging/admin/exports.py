"""Exports: who exported which sessions or messages."""

from __future__ import annotations

from django.contrib import admin

from messaging.admin import filters
from messaging.admin.readonly import ReadOnlyAdmin
from messaging.models import Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin[Export]):
    list_display = ["started_at", "person_name", "content", "format", "rows", "state", "ended_at"]
    list_filter = [("state", filters.Choices), ("content", filters.Choices), ("started_at", filters.Days)]
    search_fields = ["person_name"]
    ordering = ["-id"]
    fields = ["started_at", "person_name", "content", "format", "rows", "state", "ended_at"]
