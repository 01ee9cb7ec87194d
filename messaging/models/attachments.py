"""Attachments: the files of messages. The bytes are in the file storage, under names that say nothing.

A file that somebody has put beside a text that is not sent yet is a draft: of one session and one extension, without a
message. It becomes a message's with the press of *Send*.
"""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Extension
from messaging.models.messages import Message
from messaging.models.sessions import Session

# What a browser shows without running anything of it. Everything else is for download only.
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
AUDIO = frozenset(
    {
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "audio/wav",
        "audio/wave",
        "audio/x-wav",
        "audio/aac",
        "audio/amr",
    }
)
VIDEO = frozenset({"video/mp4", "video/webm", "video/quicktime", "video/3gpp"})
SHOWN_INLINE = PICTURES | AUDIO | VIDEO


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def ended(self, now: dt.datetime) -> Self:
        """Stored ones whose time is over: their links answer 410 already."""
        return self.filter(state=Attachment.State.STORED, expires_at__lte=now)

    def drafts(self, extension: Extension, session_id: int) -> Self:
        """What somebody has put beside the text that is not sent yet, in that order."""
        return self.filter(draft_session_id=session_id, uploader=extension).order_by("pk")


class Attachment(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("To be fetched")
        STORED = "stored", _("Stored")
        BROKEN = "broken", _("Could not be read")
        EXPIRED = "expired", _("File expired")

    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="attachments", db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0)
    # Of a draft only.
    draft_session = models.ForeignKey(
        Session, models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    uploader = models.ForeignKey(Extension, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices)
    name = models.CharField(max_length=100, help_text=_("As it is shown and downloaded."))
    content_type = models.CharField(max_length=100, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    file = models.CharField(max_length=100, blank=True, default="", help_text=_("Its name in the storage."))
    preview = models.CharField(max_length=100, blank=True, default="", help_text=_("Of a picture."))
    preview_due = models.BooleanField(default=False)
    preview_tries = models.PositiveSmallIntegerField(default=0)
    link_token = models.CharField(
        max_length=43, blank=True, default="", help_text=_("Of the link by which the ITSP fetches it.")
    )
    address = models.TextField(blank=True, default="", help_text=_("Where it is to be fetched from."))
    tries = models.PositiveSmallIntegerField(default=0)
    try_again_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    stored_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["message_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["message", "position"], name="attachment_has_its_place"),
            models.UniqueConstraint(
                fields=["link_token"], condition=~Q(link_token=""), name="attachment_link_is_one"
            ),
            models.CheckConstraint(
                condition=Q(message__isnull=False, draft_session__isnull=True, uploader__isnull=True)
                | Q(message__isnull=True, draft_session__isnull=False),  # its uploader may be gone
                name="attachment_is_of_a_message_or_a_draft",
            ),
            models.CheckConstraint(
                condition=(Q(state="stored") & ~Q(file="")) | (~Q(state="stored") & Q(file="", preview="")),
                name="attachment_is_stored_or_not",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", try_again_at__isnull=False)
                | (~Q(state="waiting") & Q(try_again_at__isnull=True)),
                name="attachment_waits_until_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["try_again_at"], condition=Q(state="waiting"), name="attachment_waits"),
            models.Index(fields=["expires_at"], condition=Q(state="stored"), name="attachment_ends"),
            models.Index(fields=["id"], condition=Q(preview_due=True), name="attachment_wants_preview"),
            # The composer shows one person's drafts in one session.
            models.Index(
                fields=["uploader", "draft_session"],
                condition=Q(message__isnull=True),
                name="attachment_is_a_draft",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def end_of(stored_at: dt.datetime) -> dt.datetime:
        """When a file that was stored then is no longer kept."""
        return stored_at + dt.timedelta(hours=settings.FILE_HOURS)

    @property
    def is_there(self) -> bool:
        """Whether it may be fetched at this instant."""
        return self.state == self.State.STORED and self.expires_at > timezone.now()

    @property
    def kind(self) -> str:
        """How it is shown: picture, audio, video or other."""
        if self.content_type in PICTURES:
            return "picture"
        if self.content_type in AUDIO:
            return "audio"
        return "video" if self.content_type in VIDEO else "other"
