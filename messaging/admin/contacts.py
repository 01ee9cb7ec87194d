"""Contacts: the names of customers."""

from __future__ import annotations

import re

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.kit.base import PortalAdmin
from channels_app.admin.kit.forms import PortalForm
from channels_app.phone_numbers import normalise_number
from messaging.models import Contact

_SHORT_CODE = re.compile(r"\d{3,8}")


class ContactForm(PortalForm[Contact]):
    class Meta:
        model = Contact
        fields = ["customer_number", "name", "company", "note"]
        help_texts = {
            "customer_number": gettext_lazy(
                "The number as messages show it: in international format, for example +14102161183, or "
                "a short code."
            ),
            "name": gettext_lazy("Shown in the inbox instead of the number."),
            "note": gettext_lazy("Colleagues see it in the conversation; customers never do."),
        }
        error_messages = {
            "customer_number": {"unique": gettext_lazy("There is already a contact with this number.")}
        }

    def clean_customer_number(self) -> str:
        """The number as messages have it: E.164, or a short code or name unchanged."""
        typed: str = self.cleaned_data["customer_number"].strip()
        if re.search(r"[A-Za-z]", typed) or _SHORT_CODE.fullmatch(typed):
            return typed
        return normalise_number(typed)


@admin.register(Contact)
class ContactAdmin(PortalAdmin[Contact]):
    form = ContactForm
    list_display = ["customer_number", "name", "company"]
    list_display_links = ["customer_number", "name"]
    search_fields = ["customer_number", "name", "company", "note"]
    ordering = ["name", "customer_number"]

    def goes_along(self, obj: Contact) -> list[str]:
        return [_("The sessions of the number stay, and show the number in place of the name.")]
