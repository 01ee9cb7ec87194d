"""Message queues: who shares the new sessions of a number, and how one agent gets them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models.extensions import Extension

MAX_QUEUES = 128
MAX_AGENTS = 120


class MessageQueue(models.Model):
    class Mode(models.TextChoices):
        MANUAL = "manual", _("Manual pickup")
        AUTO = "auto", _("Auto pickup")
        DISABLED = "disabled", _("Pickup disabled")

    name = models.CharField(
        _("name"),
        max_length=127,
        unique=True,
        error_messages={"unique": _("There is already a queue with this name.")},
    )
    mode = models.CharField(
        _("chat assignment mode"),
        max_length=10,
        choices=Mode.choices,
        default=Mode.MANUAL,
        help_text=_(
            "Manual pickup: an agent takes a session with a button. Auto pickup: the first answer "
            "takes it. Pickup disabled: all agents always see and answer it together."
        ),
    )
    agents = models.ManyToManyField(
        Extension,
        related_name="queues",
        blank=True,
        verbose_name=_("agents"),
        help_text=_("The extensions that receive this queue's sessions, at most 120."),
    )

    class Meta:
        verbose_name = _("message queue")
        verbose_name_plural = _("message queues")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mode__in=["manual", "auto", "disabled"]), name="queue_mode_is_known"
            )
        ]

    def __str__(self) -> str:
        return self.name
