"""Contacts: who a customer number belongs to, as the company knows it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """What is known of a customer number. Its name is shown instead of the number."""

    customer_number = models.CharField(_("customer's number"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=127, blank=True, default="")
    company = models.CharField(_("company"), max_length=127, blank=True, default="")
    note = models.TextField(_("note"), max_length=2000, blank=True, default="")

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "customer_number"]

    def __str__(self) -> str:
        return self.name or self.customer_number
