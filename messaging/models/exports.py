"""Exports: who took which sessions or messages out of the portal, and how far it got."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Export(models.Model):
    class Content(models.TextChoices):
        SESSIONS = "sessions", _("Sessions")
        MESSAGES = "messages", _("Messages")

    class Format(models.TextChoices):
        CSV = "csv", _("CSV, for other programs")
        XLSX = "xlsx", _("XLSX, for spreadsheets")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Interrupted")
        FAILED = "failed", _("Failed")

    # Made by the page that asks for it, which reads the progress by it.
    key = models.UUIDField(unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    person_name = models.CharField(_("person"), max_length=150)
    content = models.CharField(_("content"), max_length=8, choices=Content.choices)
    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    noted_at = models.DateTimeField(auto_now_add=True)  # when it last said how far it is
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    rows_expected = models.PositiveBigIntegerField(default=0)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.RUNNING)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_content_display()} {self.started_at:%Y-%m-%d %H:%M}"
