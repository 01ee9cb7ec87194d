"""Several administrators editing the same object: one at a time, and no change is overwritten unseen."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from channels_app.admin.kit.autocomplete import is_id
from channels_app.admin.kit.unfolded import ModelAdmin

M = TypeVar("M", bound=Model)


class TakingTurns(ModelAdmin[M]):
    """An admin whose forms are saved one at a time; `PortalForm` compares them with what was shown."""

    change_form_before_template: str | None = "portal/kit/_as_shown.html"

    def rows_of_change(self, pk: int) -> QuerySet[M]:
        """The rows that nobody else may change or delete while the form of `pk` is saved."""
        return self.model._base_manager.filter(pk=pk)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            return self._in_turn(request, object_id, form_url, extra_context)
        except (IntegrityError, ObjectDoesNotExist):
            # Somebody saved the same value, or deleted the chosen one, at the same moment: now a field says so.
            return self._in_turn(request, object_id, form_url, extra_context)

    def _in_turn(self, request: HttpRequest, object_id: str | None, *more: Any) -> HttpResponse:
        with transaction.atomic():
            check_at_once()
            if object_id is not None and is_id(pk := unquote(object_id)):
                # Not the keys: messages that refer to the row keep coming in.
                list(self.rows_of_change(int(pk)).select_for_update(no_key=True).values_list("pk"))
            return super().changeform_view(request, object_id, *more)


def check_at_once() -> None:
    """Makes a reference to a deleted row fail at once, not only at PostgreSQL's commit, when the answer is out."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
