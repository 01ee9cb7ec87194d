"""The Number rows of a channel's form: routing rules, added and removed in place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.kit.autocomplete import IdsSelect
from channels_app.admin.kit.base import without_pop_ups
from channels_app.admin.kit.deletion import Link, link_to
from channels_app.admin.kit.forms import PortalForm, set_choices
from channels_app.admin.kit.labels import queue_label
from channels_app.admin.kit.unfolded import InlineFormSet, Select, TabularInline
from channels_app.models import Channel, Extension, MessageQueue, RoutingRule
from channels_app.phone_numbers import is_us_number

MAX_ROWS = 500  # a form with more takes too long to draw
EXTENSION, QUEUE = "extension", "queue"
NEW_QUEUE = "new-queue"  # offered while there is none, since a number needs a destination
Registration = RoutingRule.Registration


def destination_choices() -> list[Any]:
    """All destinations for a number's inbound messages, for one drop-down."""
    extensions = [
        (f"{EXTENSION}:{pk}", _("Extension %(number)s %(name)s") % {"number": number, "name": name})
        for pk, number, name in Extension.objects.values_list("pk", "number", "name")
    ]
    queues = [
        (f"{QUEUE}:{queue.pk}", _("Queue %(queue)s") % {"queue": queue_label(queue, queue.agent_total)})
        for queue in MessageQueue.objects.annotate(agent_total=Count("agents"))
    ]
    if not queues:
        queues = [(NEW_QUEUE, _("A new queue “%(queue)s”") % {"queue": _name_of_new_queue()})]
    return [("", _("Choose who receives")), (_("Message queues"), queues), (_("Extensions"), extensions)]


def _name_of_new_queue() -> str:
    return _("Team")


def destination_of(rule: RoutingRule) -> str:
    if rule.destination_extension_id:
        return f"{EXTENSION}:{rule.destination_extension_id}"
    return f"{QUEUE}:{rule.destination_queue_id}" if rule.destination_queue_id else ""


def channels_of(rules: QuerySet[RoutingRule]) -> list[Link]:
    """Links to the channels on whose pages these numbers' destinations are changed."""
    return [
        link_to(channel, "?tab=messaging-setting")
        for channel in Channel.objects.filter(rules__in=rules).distinct()
    ]


def kind_of(number: str) -> str:
    """What kind of number it is, which decides the row's fields: `sender-id`, `us` or `number`; "" for none yet."""
    if not number.startswith("+"):
        return "sender-id" if number else ""
    return "us" if is_us_number(number) else "number"


class RegistrationSelect(Select):
    """The 10DLC choice, with the warning shown while the number is not registered."""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        warning = _(
            "US carriers silently drop messages to US recipients from a number that is not registered."
        )
        return format_html(
            '<div class="tl-registration">{}<p class="tl-unregistered">{}</p></div>',
            super().render(*args, **kwargs),
            warning,
        )


class NumberForm(PortalForm[RoutingRule]):
    shown_at = {"destination_extension": "destination", "destination_queue": "destination"}

    destination = forms.ChoiceField(
        label=gettext_lazy("Destination for inbound messaging"),
        required=False,
        help_text=gettext_lazy("One extension, or a message queue whose agents all receive new sessions."),
        widget=Select,
    )
    registration = forms.ChoiceField(
        label=gettext_lazy("10DLC registration"),
        required=False,
        initial=Registration.NOT_REGISTERED,
        help_text=gettext_lazy("For US numbers: the state of the registration that US carriers require."),
        widget=RegistrationSelect,
    )

    class Meta:
        model = RoutingRule
        fields = ["number", "allowed_extensions", "registration"]

    def __init__(self, *args: Any, destinations: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "number" not in self.fields:  # may look only
            return
        self._set_up_number()
        set_choices(self.fields["destination"], destinations)
        for field in self.fields.values():  # the table's head has the labels
            field.widget.attrs["aria-label"] = field.label or ""
        self.initial["destination"] = destination_of(self.instance)
        self._set_up_registration()

    def _set_up_number(self) -> None:
        number = self.fields["number"]
        number.disabled = self.instance.pk is not None  # delete the row and add another
        number.widget.attrs |= {
            "placeholder": "+14102161183",
            "data-number": "",
            "data-kind": kind_of(self.instance.number),
        }
        number.error_messages["required"] = _(
            "Enter a number in international format, for example +14102161183"
        )

    def _set_up_registration(self) -> None:
        not_us = self.instance.pk is not None and not is_us_number(self.instance.number)
        offered = [
            choice for choice in Registration.choices if not_us or choice[0] != Registration.NOT_NEEDED
        ]
        set_choices(self.fields["registration"], offered)
        self.fields["registration"].disabled = not_us

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        kind, _colon, pk = self.cleaned_data.get("destination", "").partition(":")
        self.instance.destination_extension_id = int(pk) if kind == EXTENSION else None
        self.instance.destination_queue_id = int(pk) if kind == QUEUE else None
        if kind == NEW_QUEUE:
            self.instance.destination_queue = MessageQueue(name=_name_of_new_queue())
        return cleaned

    def save(self, commit: bool = True) -> RoutingRule:
        new = self.instance.destination_queue
        if new is not None and new.pk is None:  # two rows may use it
            self.instance.destination_queue = MessageQueue.objects.get_or_create(name=new.name)[0]
        return super().save(commit)

    def clean_registration(self) -> str:
        return self.cleaned_data["registration"] or Registration.NOT_REGISTERED


class NumberFormSet(InlineFormSet[RoutingRule, Channel, NumberForm]):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        if not hasattr(self, "destinations"):
            self.destinations = destination_choices()
        return {**super().get_form_kwargs(index), "destinations": self.destinations}

    def clean(self) -> None:
        seen: set[str] = set()
        for form in self.forms:
            number = form.instance.number
            if form in self.deleted_forms or not number or "number" in form.errors:
                continue
            if number in seen:
                form.add_error(
                    "number",
                    ValidationError(_("%(number)s is in this form twice."), params={"number": number}),
                )
            seen.add(number)
        super().clean()


class NumberInline(TabularInline[RoutingRule, Channel]):
    model = RoutingRule
    form = NumberForm
    formset: Any = NumberFormSet
    fields = ["number", "destination", "allowed_extensions", "registration"]
    autocomplete_fields = ["allowed_extensions"]
    extra = 0
    max_num = MAX_ROWS
    hide_title = True
    # The tab of the parent's form it belongs to: channels_app.admin.kit.tabs.
    fieldset_tab = gettext_lazy("Messaging Setting")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        # Without it, a request that claims a million rows gets 2,000.
        return super().get_formset(request, obj, **{"absolute_max": MAX_ROWS, **kwargs})

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingRule]:
        rules = super().get_queryset(request).prefetch_related("allowed_extensions")
        return rules.select_related("destination_extension", "destination_queue")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = IdsSelect(db_field, self.admin_site)
        return without_pop_ups(super().formfield_for_dbfield(db_field, request, **kwargs))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if self.has_change_permission(request, obj):
            return []
        return ["number", "goes_to", "registration"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fields
        return ["number", "goes_to", "registration"]

    @admin.display(description=gettext_lazy("Destination for inbound messaging"))
    def goes_to(self, rule: RoutingRule) -> str:
        return str(rule.destination or "")
