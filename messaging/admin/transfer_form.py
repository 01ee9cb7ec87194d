"""The form that asks who sessions are transferred to."""

from __future__ import annotations

from django import forms
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.kit.forms import set_choices
from channels_app.admin.kit.labels import queue_label
from channels_app.admin.kit.unfolded import Select
from channels_app.models import Extension, MessageQueue


class TargetForm(forms.Form):
    """Who the sessions go to."""

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
