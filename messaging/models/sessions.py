"""Sessions: one customer number on one of our numbers, from the first message to the close."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel, Extension, MessageQueue, RoutingRule
from messaging.models.session_access import SessionAccessQuerySet
from messaging.models.session_arrivals import SessionArrivalsQuerySet
from messaging.models.session_turns import SessionTurnsQuerySet


class SessionQuerySet(  # type: ignore[override]  # each part would give a manager of its own
    SessionAccessQuerySet["Session"], SessionArrivalsQuerySet["Session"], SessionTurnsQuerySet["Session"]
):
    """Who sees which, how messages come in, and whose turn it is to send."""


class Session(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="sessions", verbose_name=_("channel"))
    our_number = models.CharField(_("our number"), max_length=32)
    customer_number = models.CharField(_("customer"), max_length=32)
    status = models.CharField(_("status"), max_length=6, choices=Status.choices, default=Status.OPEN)
    # The names stay when an extension or a queue is deleted: a session without its holder, but with a holder's
    # name, is one whose holder is gone.
    queue = models.ForeignKey(
        MessageQueue, models.SET_NULL, null=True, blank=True, related_name="sessions", verbose_name=_("queue")
    )
    queue_name = models.CharField(max_length=127, blank=True, default="")
    holder = models.ForeignKey(
        Extension, models.SET_NULL, null=True, blank=True, related_name="sessions", verbose_name=_("holder")
    )
    holder_name = models.CharField(max_length=150, blank=True, default="")
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    last_activity_at = models.DateTimeField(
        _("last activity"), help_text=_("The last message in or out, pick-up or transfer.")
    )
    # The first message that the customer sent since our last answer; empty when nobody waits.
    waiting_since = models.DateTimeField(null=True, blank=True)
    # Both set: the oldest queued message may be claimed. Both empty: nothing is queued, or one is on its way.
    send_priority = models.PositiveSmallIntegerField(null=True, blank=True)
    send_turn_at = models.DateTimeField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "our_number", "customer_number"],
                condition=Q(status="open"),
                name="one_open_session_per_customer",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True)
                | Q(status="closed", closed_at__isnull=False),
                name="session_closed_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(send_priority__isnull=True, send_turn_at__isnull=True)
                | Q(send_priority__isnull=False, send_turn_at__isnull=False),
                name="session_ready_has_its_turn",
            ),
        ]
        indexes = [
            # The sender's claim: the next sessions of a channel that are ready to send.
            models.Index(
                fields=["channel", "send_priority", "send_turn_at", "id"],
                condition=Q(send_priority__isnull=False),
                name="session_ready_to_send",
            ),
            # The inbox: what one holds, and what waits in a queue.
            models.Index(fields=["holder", "status", "-last_activity_at"], name="session_of_holder"),
            models.Index(fields=["queue", "status", "-last_activity_at"], name="session_of_queue"),
            # What waits in a queue, whoever waits longest first.
            models.Index(
                fields=["queue", "waiting_since", "id"],
                condition=Q(status="open", holder__isnull=True),
                name="session_waiting_in_queue",
            ),
            # What was closed before anybody had it, of a queue's agents.
            models.Index(
                fields=["queue", "-last_activity_at"],
                condition=Q(status="closed", holder__isnull=True, holder_name=""),
                name="session_never_held",
            ),
            # What waits too long, of a queue's agents.
            models.Index(
                fields=["queue", "waiting_since"],
                condition=Q(status="open", holder__isnull=False, waiting_since__isnull=False),
                name="session_waiting_for_holder",
            ),
            # Earlier sessions of the same customer; also the log's search by customer.
            models.Index(fields=["customer_number", "our_number", "-id"], name="session_of_customer"),
            # The session log, and the task that closes idle sessions.
            models.Index(fields=["status", "-last_activity_at"], name="session_by_activity"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_number} → {self.our_number}"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def holder_is_gone(self) -> bool:
        return self.holder_id is None and self.holder_name != ""

    @property
    def queue_is_gone(self) -> bool:
        return self.queue_id is None and self.queue_name != ""

    @cached_property
    def queue_agents(self) -> frozenset[int]:
        """The ids of the extensions in its queue, as this object found them: a page asks several times."""
        if self.queue_id is None:
            return frozenset()
        agents = MessageQueue.agents.through.objects.filter(messagequeue=self.queue_id)
        return frozenset(agents.values_list("extension_id", flat=True))

    @cached_property
    def rule(self) -> RoutingRule | None:
        """The rule of its number, if it is there still; as this object found it."""
        return RoutingRule.objects.filter(channel_id=self.channel_id, number=self.our_number).first()

    def give_to(self, extension: Extension) -> None:
        """Makes `extension` the holder, on this object; the caller has the row locked and saves it."""
        self.holder, self.holder_name = extension, str(extension)

    def put_into(self, queue: MessageQueue) -> None:
        """Puts the session into `queue` without a holder, on this object; the caller has it locked and saves."""
        self.queue, self.queue_name = queue, queue.name
        self.holder, self.holder_name = None, ""
        self.__dict__.pop("queue_agents", None)


class SessionEvent(models.Model):
    """One operation on a session: a line of its own in the timeline."""

    class Kind(models.TextChoices):
        STARTED = "started", _("Started")
        PICKED_UP = "picked_up", _("Picked up")
        TRANSFERRED = "transferred", _("Transferred")
        TAKEN_OVER = "taken_over", _("Taken over")
        CLOSED = "closed", _("Closed")
        CLOSED_AUTOMATICALLY = "closed_automatically", _("Closed automatically")

    session = models.ForeignKey(Session, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(Extension, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True, default="")
    target_name = models.CharField(max_length=150, blank=True, default="")
    # The last message before this line: what keeps lines in place between messages, whatever clocks say.
    after_message_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("session event")
        verbose_name_plural = _("session events")
        ordering = ["id"]
        indexes = [models.Index(fields=["session", "id"], name="event_of_session")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
