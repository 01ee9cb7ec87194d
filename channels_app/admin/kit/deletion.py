"""Deleting in the portal: refused with a reason, or confirmed with what else is deleted and what stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from channels_app.admin.kit.concurrent_edits import check_at_once
from channels_app.admin.kit.unfolded import ModelAdmin

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something can't be deleted, and links to what is in the way."""

    sentence: str
    links: Sequence[Link]


def link_to(thing: Model, query: str = "") -> Link:
    """A link to an object's page; `query` chooses the tab."""
    opts = thing._meta
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[thing.pk])
    return Link(f"{capfirst(opts.verbose_name)} “{thing}”", address + query)


class GuardedDeletion(ModelAdmin[M]):
    """An admin that can refuse a deletion and tells the person why."""

    def why_kept(self, request: HttpRequest, obj: M) -> str:
        """The sentence that says why `obj` can't be deleted; "" if it can."""
        return ""

    def in_the_way(self, request: HttpRequest, obj: M) -> Sequence[Link]:
        """Where to resolve what keeps `obj`; called only if something does."""
        return ()

    def goes_along(self, obj: M) -> Sequence[str]:
        """What is deleted with `obj` and what stays, as lines of the confirmation."""
        return ()

    def get_deleted_objects(self, objs: Iterable[M], request: HttpRequest) -> Any:
        # Django's own loads every related row; a channel may have a million.
        objs = list(objs)
        deleted: list[Any] = []
        for obj in objs:
            deleted.append(str(obj))
            if lines := [str(line) for line in self.goes_along(obj)]:
                deleted.append(lines)
        refused = [
            Refusal(sentence, self.in_the_way(request, obj))
            for obj in objs
            if (sentence := self.why_kept(request, obj))
        ]
        return deleted, {}, set(), refused

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                check_at_once()
                return super().delete_view(request, object_id, extra_context)
        except IntegrityError:  # something has started to use it since the check
            return self._in_use(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # In one transaction with its entry in the changes; other actions may use the network.
        deletes = request.method == "POST" and request.POST.get("action") == "delete_selected"
        try:
            with transaction.atomic() if deletes else nullcontext():
                if deletes:
                    check_at_once()
                return super().changelist_view(request, extra_context)
        except IntegrityError:
            return self._in_use(request)

    def _in_use(self, request: HttpRequest) -> HttpResponse:
        self.message_user(request, _("It is in use and was not deleted. Try again."), messages.ERROR)
        return HttpResponseRedirect(request.path)
