"""Starting a session: choose one of our numbers, and write to a customer first."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from channels_app.models import RoutingRule
from channels_app.phone_numbers import normalise_number, pretty_number
from messaging.models.messages import MAX_TEXT
from messaging.models.person import Person
from messaging.outbound import starting, writing
from messaging.refusal import RefusedError
from messaging.views import pages, request_values
from messaging.views.entry import for_person


def warns(rule: RoutingRule) -> bool:
    """Whether carriers in the United States drop what this number sends: it would warn when writing to itself."""
    return rule.warns_for(rule.number)


def _name_of(rule: RoutingRule) -> str:
    name = f"{pretty_number(rule.number)} · {rule.channel.name}"
    return gettext("%(number)s · ⚠ not registered for 10DLC") % {"number": name} if warns(rule) else name


class StartForm(forms.Form):
    rule = forms.TypedChoiceField(
        label=_("From"), coerce=int, error_messages={"required": _("Choose one of our numbers.")}
    )
    customer = forms.CharField(
        label=_("Customer's number"),
        help_text=_("With the country code, for example +13057673260"),
        error_messages={"required": _("Enter the customer's number, for example +13057673260")},
    )
    text = forms.CharField(label=_("Text"), required=False, strip=False)
    press_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "invalid": _("This page is out of date. Reload it and send your text again."),
            "required": _("This page is out of date. Reload it and send your text again."),
        },
    )

    def __init__(self, rules: list[RoutingRule], data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        cast(forms.ChoiceField, self.fields["rule"]).choices = [(rule.pk, _name_of(rule)) for rule in rules]
        self.has_warning = any(warns(rule) for rule in rules)

    def clean_customer(self) -> str:
        return normalise_number(self.cleaned_data["customer"])

    def clean_text(self) -> str:
        try:
            return writing.clean_text(self.cleaned_data["text"])
        except RefusedError as refusal:
            raise forms.ValidationError(str(refusal)) from None


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def start(request: HttpRequest, person: Person) -> HttpResponse:
    """The form, and what it does: the session that it opens, or finds, is shown."""
    rules = starting.rules_open_to(person.extension)
    if request.method != "POST":
        initial = {
            "rule": request_values.number(request, "rule"),
            "customer": request_values.value(request, "customer"),
            "press_key": uuid.uuid4(),
        }
        return _show(request, person, StartForm(rules, initial=initial), rules)
    form = StartForm(rules, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            message = starting.start(
                person, given["rule"], given["customer"], given["text"], given["press_key"]
            )
        except RefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            address = reverse("conversation", args=[message.session_id])
            return (
                HttpResponseClientRedirect(address) if request_values.is_part(request) else redirect(address)
            )
    return _show(request, person, form, rules)


def _show(request: HttpRequest, person: Person, form: StartForm, rules: list[RoutingRule]) -> HttpResponse:
    context = {
        "form": form,
        "rules": rules,
        "extension": person.extension,
        "max_text": MAX_TEXT,
        "fresh_key": uuid.uuid4(),
    }
    status = 422 if form.is_bound else 200
    if request_values.is_part(request):
        return pages.aimed(
            render(request, "inbox/dialogs/_start.html", context, status=status), "#dialog", "innerHTML"
        )
    return render(request, "inbox/dialogs/start.html", context, status=status)
