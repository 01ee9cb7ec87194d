"""Presence: whether a person is here to answer. Away by hand, or by itself once no page of theirs is open."""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Extension


class PresenceQuerySet(models.QuerySet["Presence"]):
    def available(self) -> Self:
        """Of those who are here now: not away by hand, and with a page that was open lately."""
        oldest = timezone.now() - dt.timedelta(minutes=settings.AWAY_AFTER_MINUTES)
        return self.filter(is_away=False, seen_at__gt=oldest)


class Presence(models.Model):
    """Who has no row has never opened the inbox, and is away."""

    extension = models.OneToOneField(
        Extension, models.CASCADE, primary_key=True, related_name="presence", verbose_name=_("extension")
    )
    is_away = models.BooleanField(_("away by hand"), default=False)
    seen_at = models.DateTimeField(_("last page open"))

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")

    def __str__(self) -> str:
        return str(self.extension)
