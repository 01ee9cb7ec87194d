"""A channel's form: the fields of every ITSP, and the credentials of the chosen one."""

from __future__ import annotations

import types
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.kit.forms import PortalForm, expect_range
from channels_app.admin.kit.unfolded import PasswordInput, TextArea
from channels_app.admin.webhook_address import AddressField
from channels_app.models import Channel
from channels_app.models.channels import MAX_RATE, MAX_TIMEOUT_DAYS
from channels_app.providers.base import Provider

MAX_CREDENTIAL = 255


class ChannelForm(PortalForm[Channel]):
    """The form for one ITSP; made by `channel_form`."""

    provider: ClassVar[Provider]
    own_address: ClassVar[str]

    domain = AddressField()

    class Meta:
        model = Channel
        fields = [
            "name",
            "enabled",
            "base_url",
            "domain",
            "sending_rate",
            "close_automatically",
            "session_timeout_days",
            "accompanying_text",
            "allow_takeover",
        ]
        widgets = {"accompanying_text": TextArea}
        help_texts = {
            "close_automatically": gettext_lazy("Off: a session stays open until somebody closes it.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.instance.itsp = self.provider.slug
        if "name" in self.fields:
            self._set_up_fields()
            self._set_up_credentials()
        if self.instance.pk is None:
            del self.fields["domain"]  # there is no address before the channel is saved
        elif isinstance(address := self.fields["domain"], AddressField):
            address.offer(self.instance, self.own_address)

    def _set_up_fields(self) -> None:
        fields = self.fields
        fields["name"].error_messages["required"] = _("Enter a name, for example Main account")
        fields["base_url"].widget.attrs["placeholder"] = self.provider.default_base_url
        expect_range(
            fields["sending_rate"], 1, MAX_RATE, _("Enter a whole number from 1 to 1,000, for example 1")
        )
        expect_range(
            fields["session_timeout_days"],
            1,
            MAX_TIMEOUT_DAYS,
            _("Enter a whole number of days from 1 to 365, for example 7"),
        )
        if self.provider.requires_accompanying_text:
            fields["accompanying_text"].required = True
            fields["accompanying_text"].error_messages["required"] = _(
                "This ITSP refuses a file without a text. Enter one, for example You have received a file."
            )

    def _set_up_credentials(self) -> None:
        self.stored = self.instance.stored_credential_names()
        self.unreadable = bool(self.instance.encrypted_credentials) and not self.stored
        for each in self.provider.credential_fields:
            field = self.fields[credential_field(each.name)]
            is_set = each.name in self.stored
            field.required = self.instance.pk is None
            field.error_messages["required"] = _("Enter the %(credential)s of your account with the ITSP") % {
                "credential": each.label
            }
            field.widget.attrs["placeholder"] = _("set") if is_set else _("not set")
            field.help_text = _("You find it in your account with the ITSP. It is stored encrypted.")
            if is_set:
                field.help_text = _("Set. Leave empty to keep it; it is never shown again.")
            elif self.unreadable:
                field.help_text = _("Connection failed: enter key and secret again")

    def shown_values(self) -> dict[str, tuple[str, Any]]:
        rules = self.instance.rules.prefetch_related("allowed_extensions").order_by("number")
        rows = [
            (
                rule.number,
                rule.destination_extension_id,
                rule.destination_queue_id,
                rule.registration,
                sorted(each.pk for each in rule.allowed_extensions.all()),
            )
            for rule in rules
        ]
        return {**super().shown_values(), "rules": (_("Numbers"), rows)}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        self._clean_timeout()
        self._clean_credentials()
        return cleaned

    def _clean_timeout(self) -> None:
        if "session_timeout_days" in self.fields and not self.cleaned_data.get("close_automatically"):
            self.errors.pop("session_timeout_days", None)  # not asked for: keep what is stored
            self.cleaned_data["session_timeout_days"] = self.instance.session_timeout_days

    def _clean_credentials(self) -> None:
        """Half a pair is useless: entered and stored values together must be complete."""
        entered = self.entered_credentials()
        if self.instance.pk is None:
            return
        if "base_url" in self.changed_data:
            # Stored credentials go only to the address they were entered for.
            for each in self.provider.credential_fields:
                if each.name not in entered:
                    text = _("You changed the API address: enter this again.")
                    self.add_error(credential_field(each.name), ValidationError(text))
            return
        if not entered:
            return
        for each in self.provider.credential_fields:
            if each.name not in entered and each.name not in self.stored:
                name = credential_field(each.name)
                self.add_error(name, ValidationError(self.fields[name].error_messages["required"]))

    def entered_credentials(self) -> dict[str, str]:
        values = {
            each.name: self.cleaned_data.get(credential_field(each.name), "")
            for each in self.provider.credential_fields
        }
        return {name: value for name, value in values.items() if value}

    def ask_for_credentials_again(self) -> None:
        """Asks again for entered credentials when another field has an error: the page never sends them back."""
        for name in self.entered_credentials():
            text = _(
                "Enter this again: nothing has been saved yet, and it is never sent back to the browser."
            )
            self.add_error(credential_field(name), ValidationError(text))

    def save(self, commit: bool = True) -> Channel:
        self.instance.set_credentials(self.entered_credentials())
        return super().save(commit)


def credential_field(name: str) -> str:
    """The name of the form's field for a credential."""
    return f"credential_{name}"


def channel_form(provider: Provider, own_address: str) -> type[ChannelForm]:
    """The form of channels at one ITSP. The credentials are write-only: never bound to what is stored.

    `own_address` is this portal's address in the browser, used for the webhook address while there is no domain.
    """
    credentials = {
        credential_field(each.name): forms.CharField(
            label=each.label,
            max_length=MAX_CREDENTIAL,
            widget=PasswordInput(
                attrs={"autocomplete": "new-password", "spellcheck": "false"}, render_value=False
            ),
        )
        for each in provider.credential_fields
    }
    own = {"provider": provider, "own_address": own_address, **credentials}
    return cast(
        type[ChannelForm], types.new_class("ChannelForm", (ChannelForm,), {}, lambda body: body.update(own))
    )
