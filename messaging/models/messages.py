"""Messages in both directions, and the states of an outbound one.

queued → sending → sent | failed | unconfirmed        unconfirmed → sent | failed
   ↓        ↓
cancelled  queued (nothing left, or the ITSP said later)
failed (waited too long)
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels_app.models import Extension
from messaging.models.repeats import RepeatsQuerySet
from messaging.models.sessions import Session

MAX_TEXT = 1600  # Unicode code points


class MessageQuerySet(RepeatsQuerySet["Message"]):
    came_at = "created_at"

    def note_itsp_ids(self, ids: Iterable[tuple[str, int]]) -> None:
        """Stores the ids that the ITSP gave to messages: pairs of its id and ours.

        Written out: `bulk_update` makes a CASE over all rows, and is slow to build it.
        """
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET itsp_message_id = %s WHERE id = %s", list(ids))  # noqa: S608


class Message(models.Model):
    class Direction(models.TextChoices):
        INBOUND = "inbound", _("Inbound")
        OUTBOUND = "outbound", _("Outbound")

    class Origin(models.TextChoices):
        AGENT = "agent", _("Agent")
        API = "api", _("API")
        SYSTEM = "system", _("System")

    class Priority(models.IntegerChoices):
        """Lower goes first."""

        ANSWER = 0, _("Answer")
        BULK = 1, _("Bulk")

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNCONFIRMED = "unconfirmed", _("Unconfirmed")
        CANCELLED = "cancelled", _("Cancelled")

    # Without an index of its own: those below begin with it.
    session = models.ForeignKey(
        Session, models.PROTECT, related_name="messages", verbose_name=_("session"), db_index=False
    )
    direction = models.CharField(max_length=8, choices=Direction.choices)
    text = models.TextField(_("text"), blank=True)
    created_at = models.DateTimeField(_("time"))
    status = models.CharField(_("status"), max_length=11, choices=Status.choices)

    # Inbound
    itsp_message_id = models.CharField(max_length=128, blank=True, default="")
    # SHA-256 over id, sender, number, text and files: what makes two deliveries the same message.
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    possible_repeat = models.BooleanField(default=False)
    # The stored webhook body, in the spool folder, until its files are taken out.
    body_file = models.CharField(max_length=100, blank=True, default="")
    body_tries = models.PositiveSmallIntegerField(default=0)
    body_try_at = models.DateTimeField(null=True, blank=True, help_text=_("Not to be read before."))
    has_files = models.BooleanField(default=False)

    # Outbound
    author = models.ForeignKey(Extension, models.SET_NULL, null=True, blank=True, related_name="+")
    author_name = models.CharField(max_length=150, blank=True, default="")
    origin = models.CharField(max_length=6, choices=Origin.choices, blank=True, default="")
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.ANSWER)
    press_key = models.UUIDField(null=True, blank=True, help_text=_("One press of Send is one message."))
    segments = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    concluded_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When it first became sent, failed, unconfirmed or cancelled.")
    )
    failure_code = models.CharField(max_length=30, blank=True, default="")
    failure_detail = models.CharField(max_length=300, blank=True, default="")
    resent_from = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="sent_again_as"
    )
    resolved_by = models.CharField(max_length=150, blank=True, default="")

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="inbound", status="received", origin="")
                | (Q(direction="outbound", origin__in=["agent", "api", "system"]) & ~Q(status="received")),
                name="message_status_fits_direction",
            ),
            models.CheckConstraint(
                condition=(Q(status="sending") & Q(claim__isnull=False, claimed_at__isnull=False))
                | ~Q(status="sending"),
                name="message_sending_has_a_claim",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["received", "queued", "sending"], concluded_at__isnull=True)
                | Q(status__in=["sent", "failed", "unconfirmed", "cancelled"], concluded_at__isnull=False),
                name="message_concluded_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["author", "press_key"],
                condition=Q(press_key__isnull=False),
                name="one_press_is_one_message",
            ),
            # A session sends one message after the other.
            models.UniqueConstraint(
                fields=["session"], condition=Q(status="sending"), name="session_sends_one_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=Q(direction="inbound") & ~Q(itsp_message_id=""),
                name="message_with_an_id_is_stored_once",
            ),
        ]
        indexes = [
            models.Index(fields=["session", "id"], name="message_of_session"),
            # The claim takes the oldest queued message of a session.
            models.Index(fields=["session", "id"], condition=Q(status="queued"), name="message_queued"),
            # Found by age: claims of dead workers, and what waited too long.
            models.Index(fields=["claimed_at"], condition=Q(status="sending"), name="message_claimed"),
            models.Index(fields=["created_at"], condition=Q(status="queued"), name="message_waiting"),
            # The portal's first page: what went wrong lately. SQLite matches no IN with parameters to a condition.
            models.Index(
                fields=["concluded_at"],
                condition=Q(status="failed") | Q(status="unconfirmed"),
                name="message_needs_a_person",
            ),
            models.Index(
                fields=["id"], condition=Q(status="queued", has_files=True), name="message_waiting_with_files"
            ),
            models.Index(fields=["id"], condition=~Q(body_file=""), name="message_with_files_to_take"),
            # Possible repeats: the same message within the last seconds.
            models.Index(
                fields=["fingerprint", "created_at"], condition=~Q(fingerprint=""), name="message_repeat"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.pk}"

    @property
    def is_inbound(self) -> bool:
        return self.direction == self.Direction.INBOUND
