"""Admins of what flows: read here, changed only by stories."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest

from channels_app import changes
from channels_app.admin.kit.base import PortalAdmin
from channels_app.models import User
from messaging.refusal import NotFoundError, RefusedError

M = TypeVar("M", bound=Model)


class ReadOnlyAdmin(PortalAdmin[M]):
    list_before_template: str | None = None  # nothing to set up here
    change_form_outer_before_template = None
    show_full_result_count = False
    list_filter_submit = True
    change_form_template = "portal/kit/read_only_change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_act(self, request: HttpRequest) -> bool:
        """Whether the role may change these, which the actions require."""
        name = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return bool(request.user.has_perm(name))

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_act(request)

    def act_on_each(
        self, request: HttpRequest, ids: Iterable[int], story: Callable[[int], M], deed: str
    ) -> int:
        """Runs a story on each and records `deed`; shows each reason for a refusal once.

        Returns how many succeeded.
        """
        refused: dict[str, int] = {}
        done = 0
        for pk in ids:
            try:
                changes.note(cast(User, request.user), story(pk), deed)
                done += 1
            except RefusedError as error:
                refused[str(error)] = refused.get(str(error), 0) + 1
            except NotFoundError:
                pass  # deleted meanwhile
        for sentence, times in refused.items():
            text = sentence if times == 1 else f"{sentence} (× {times})"
            self.message_user(request, text, messages.ERROR)
        return done
