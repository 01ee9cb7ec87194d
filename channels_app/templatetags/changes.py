"""What an entry of the log of changes says."""

from __future__ import annotations

from django import template
from django.contrib.admin.models import LogEntry

from channels_app.changes import Part, parts_of, sentence_of

register = template.Library()


@register.filter
def parts(entry: LogEntry) -> list[Part]:
    return parts_of(entry)


@register.filter
def sentence(entry: LogEntry) -> str:
    return sentence_of(entry)
