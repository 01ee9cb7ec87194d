"""Message queues: who shares the new sessions of a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels_app.admin.kit.base import PortalAdmin
from channels_app.admin.kit.deletion import Link
from channels_app.admin.kit.forms import PortalForm
from channels_app.admin.kit.labels import badge
from channels_app.admin.kit.modules import modules
from channels_app.admin.numbers import channels_of
from channels_app.models import Extension, MessageQueue
from channels_app.models.queues import MAX_AGENTS, MAX_QUEUES


class QueueForm(PortalForm[MessageQueue]):
    class Meta:
        model = MessageQueue
        fields = ["name", "mode", "agents"]
        help_texts = {"name": gettext_lazy("As agents see it, for example Support.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].error_messages["required"] = _("Enter a name, for example Support")

    def clean_agents(self) -> QuerySet[Extension]:
        agents: QuerySet[Extension] = self.cleaned_data["agents"]
        if agents.count() > MAX_AGENTS:
            raise ValidationError(
                _("A queue can have at most %(limit)d agents; you chose %(count)d."),
                params={"limit": MAX_AGENTS, "count": agents.count()},
            )
        return agents

    def clean(self) -> dict[str, Any] | None:
        if self.instance.pk is None and MessageQueue.objects.count() >= MAX_QUEUES:
            raise ValidationError(
                _("There are already %(limit)d message queues, the most there can be. Change or delete one."),
                params={"limit": MAX_QUEUES},
            )
        return super().clean()


@admin.register(MessageQueue)
class MessageQueueAdmin(PortalAdmin[MessageQueue]):
    form = QueueForm
    list_display = ["name", "mode", "agent_count", "numbers"]
    list_filter = ["mode"]
    search_fields = ["name"]
    autocomplete_fields = ["agents"]

    class Media:
        js = modules("portal/labels.js")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageQueue]:
        queues = super().get_queryset(request).prefetch_related("inbound_rules")
        return queues.annotate(agent_total=Count("agents"))

    @admin.display(description=gettext_lazy("agents"), ordering="agent_total")
    def agent_count(self, queue: MessageQueue) -> int | SafeString:
        total: int = getattr(queue, "agent_total", 0)
        return total or badge("warn", _("No agents"), _("nobody receives its sessions"))

    @admin.display(description=gettext_lazy("numbers"))
    def numbers(self, queue: MessageQueue) -> str:
        return ", ".join(rule.number for rule in queue.inbound_rules.all())

    def why_kept(self, request: HttpRequest, obj: MessageQueue) -> str:
        numbers = [rule.number for rule in obj.inbound_rules.all()]
        if not numbers:
            return ""
        return ngettext(
            "%(numbers)s goes to the queue “%(queue)s”. Give that number another destination first.",
            "%(numbers)s go to the queue “%(queue)s”. Give those numbers another destination first.",
            len(numbers),
        ) % {"numbers": ", ".join(numbers), "queue": obj}

    def in_the_way(self, request: HttpRequest, obj: MessageQueue) -> Sequence[Link]:
        return channels_of(obj.inbound_rules.all())

    def goes_along(self, obj: MessageQueue) -> list[str]:
        return [
            _("Its sessions stay readable; the sessions' filter “By deleted holder or queue” finds them.")
        ]
