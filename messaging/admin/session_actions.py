"""Transferring and closing sessions from the portal, one or many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app import changes
from channels_app.admin.forms import set_choices
from channels_app.admin.labels import queue_label
from channels_app.admin.unfolded import Select
from channels_app.models import Extension, MessageQueue, User
from messaging.models import Session
from messaging.models.session_access import seat_of
from messaging.refusal import NotFoundError, RefusedError

Story = Callable[[User, Extension | None, int], Session]


class TargetForm(forms.Form):
    """Whom the sessions go to."""

    target = forms.ChoiceField(
        label=gettext_lazy("Transfer to"),
        error_messages={"required": gettext_lazy("Choose an extension or a message queue")},
        widget=Select,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        extensions = Extension.objects.filter(user__is_active=True)
        queues = MessageQueue.objects.annotate(agent_total=Count("agents"))
        choices = [
            ("", _("Choose who receives")),
            (_("Message queues"), [(f"queue:{q.pk}", queue_label(q, q.agent_total)) for q in queues]),
            (_("Extensions"), [(f"extension:{each.pk}", str(each)) for each in extensions]),
        ]
        set_choices(self.fields["target"], choices)

    def chosen(self) -> Extension | MessageQueue:
        kind, _colon, pk = self.cleaned_data["target"].partition(":")
        return Extension.objects.get(pk=pk) if kind == "extension" else MessageQueue.objects.get(pk=pk)


def on_each(request: HttpRequest, session_ids: Iterable[int], story: Story, deed: str) -> int:
    """Runs a story on each session as this person, and writes `deed` down; says each reason of a refusal once.

    Returns how many went well.
    """
    user = cast(User, request.user)
    seat = seat_of(user)
    refused: dict[str, int] = {}
    done = 0
    for session_id in session_ids:
        try:
            changes.note(user, story(user, seat, session_id), deed)
            done += 1
        except RefusedError as error:
            refused[str(error)] = refused.get(str(error), 0) + 1
        except NotFoundError:
            pass  # deleted meanwhile
    for sentence, times in refused.items():
        messages.error(request, sentence if times == 1 else f"{sentence} (× {times})")
    return done
