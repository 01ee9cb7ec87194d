"""Contacts: who a customer number belongs to, as the company knows it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class ContactQuerySet(models.QuerySet["Contact"]):
    def by_number(self, numbers: Iterable[str]) -> dict[str, Contact]:
        """The contacts of customer numbers, by number; a number that nobody knows is not among them."""
        return {each.customer_number: each for each in self.filter(customer_number__in=set(numbers))}


class Contact(models.Model):
    """What is known of a customer number. Its name is shown instead of the number."""

    customer_number = models.CharField(_("customer's number"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=127, blank=True, default="")
    company = models.CharField(_("company"), max_length=127, blank=True, default="")
    note = models.TextField(_("note"), max_length=2000, blank=True, default="")

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "customer_number"]

    def __str__(self) -> str:
        return self.name or self.customer_number
