"""What is each person's own about a session: the read mark, and whether it is archived."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import Extension
from messaging.models.sessions import Session


class PersonalState(models.Model):
    session = models.ForeignKey(Session, models.CASCADE, related_name="personal_states")
    extension = models.ForeignKey(Extension, models.CASCADE, related_name="personal_states")
    # Ids of messages. Unread is what came in after the first; archived until one comes in after the second.
    read_up_to = models.BigIntegerField(default=0)
    archived_up_to = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("personal state")
        verbose_name_plural = _("personal states")
        constraints = [
            models.UniqueConstraint(fields=["session", "extension"], name="personal_state_once"),
        ]
        indexes = [
            # The inbox: what one has archived.
            models.Index(
                fields=["extension"],
                condition=models.Q(archived_up_to__isnull=False),
                name="archived_of_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.extension_id}: {self.session_id}"
