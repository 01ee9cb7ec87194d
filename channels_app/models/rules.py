"""Routing rules: a number, where its inbound messages go, and who may start sessions from it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from channels_app.models.channels import Channel
from channels_app.models.extensions import Extension
from channels_app.models.queues import MessageQueue
from channels_app.phone_numbers import is_us_number, normalise_sender

# Written out, since every new session needs it: Django took longer to build it than the database to answer.
_DESTINATION = """
    SELECT extension.id, extension.number, extension.name, queue.id, queue.name
    FROM channels_app_routingrule rule
    LEFT JOIN channels_app_extension extension ON extension.id = rule.destination_extension_id
    LEFT JOIN channels_app_messagequeue queue ON queue.id = rule.destination_queue_id
    WHERE rule.id = %s
"""


class RoutingRuleQuerySet(models.QuerySet["RoutingRule"]):
    def destination_of(self, rule_id: int) -> Extension | MessageQueue | None:
        """Where new sessions of a rule go, with id and name only; None for a sender ID.

        Raises `RoutingRule.DoesNotExist`.
        """
        with connection.cursor() as cursor:
            cursor.execute(_DESTINATION, [rule_id])
            found = cursor.fetchone()
        if found is None:
            raise RoutingRule.DoesNotExist
        extension_id, number, extension_name, queue_id, queue_name = found
        if queue_id is not None:
            return MessageQueue(id=queue_id, name=queue_name)
        return (
            None if extension_id is None else Extension(id=extension_id, number=number, name=extension_name)
        )


class RoutingRule(models.Model):
    class Registration(models.TextChoices):
        REGISTERED = "registered", _("Registered")
        PENDING = "pending", _("Pending")
        NOT_REGISTERED = "not_registered", _("Not registered")
        TOLL_FREE_VERIFIED = "toll_free_verified", _("Toll-free verified")
        NOT_NEEDED = "not_needed", _("Not needed")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="rules", verbose_name=_("channel"))
    number = models.CharField(
        _("number"),
        max_length=32,
        error_messages={"unique": _("This number is in a channel already.")},
        help_text=_("International format, for example +14102161183; or a sender ID that can only send."),
    )
    destination_extension = models.ForeignKey(
        Extension,
        models.PROTECT,
        related_name="inbound_rules",
        null=True,
        blank=True,
        verbose_name=_("extension"),
    )
    destination_queue = models.ForeignKey(
        MessageQueue,
        models.PROTECT,
        related_name="inbound_rules",
        null=True,
        blank=True,
        verbose_name=_("message queue"),
    )
    allowed_extensions = models.ManyToManyField(
        Extension,
        related_name="outbound_rules",
        blank=True,
        verbose_name=_("extensions allowed to create messaging sessions"),
        help_text=_("Who may start a conversation from this number. Not needed for answering."),
    )
    registration = models.CharField(
        _("10DLC registration"),
        max_length=20,
        choices=Registration.choices,
        default=Registration.NOT_REGISTERED,
        help_text=_(
            "For US numbers. Carriers silently drop messages from unregistered numbers to US recipients."
        ),
    )

    objects = RoutingRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("number")
        verbose_name_plural = _("numbers")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="number_belongs_to_one_channel"),
            models.CheckConstraint(
                condition=(
                    models.Q(number__startswith="+")
                    & (
                        models.Q(destination_extension__isnull=False, destination_queue__isnull=True)
                        | models.Q(destination_extension__isnull=True, destination_queue__isnull=False)
                    )
                )
                | (
                    ~models.Q(number__startswith="+")
                    & models.Q(destination_extension__isnull=True, destination_queue__isnull=True)
                ),
                name="number_has_one_destination",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_alphanumeric(self) -> bool:
        return not self.number.startswith("+")

    @property
    def destination(self) -> Extension | MessageQueue | None:
        return self.destination_extension or self.destination_queue

    def warns_for(self, customer_number: str) -> bool:
        """Whether US carriers will probably drop messages from this number to `customer_number`."""
        return (
            is_us_number(self.number)
            and is_us_number(customer_number)
            and self.registration
            not in (RoutingRule.Registration.REGISTERED, RoutingRule.Registration.TOLL_FREE_VERIFIED)
        )

    def clean_fields(self, exclude: Any = None) -> None:
        if self._state.adding and self.number:
            try:
                self.number = normalise_sender(self.number)
            except ValidationError as error:
                raise ValidationError({"number": error}) from None
        super().clean_fields(exclude=exclude)

    def clean(self) -> None:
        if self.number:
            self._clean_destination()
            self._clean_owner()
        if not is_us_number(self.number):
            self.registration = RoutingRule.Registration.NOT_NEEDED
        elif self.registration == RoutingRule.Registration.NOT_NEEDED:
            self.registration = RoutingRule.Registration.NOT_REGISTERED

    def _clean_destination(self) -> None:
        if self.is_alphanumeric:
            self.destination_extension = self.destination_queue = None
        elif self.destination_extension and self.destination_queue:
            raise ValidationError(
                {"destination_queue": _("Choose an extension or a message queue, not both.")}
            )
        elif self.destination is None:
            raise ValidationError(
                {
                    "destination_queue": _(
                        "Choose who receives messages to this number: an extension or a message queue."
                    )
                }
            )

    def _clean_owner(self) -> None:
        other = RoutingRule.objects.filter(number=self.number).exclude(pk=self.pk).select_related("channel")
        rule = other.first()
        if rule is None:
            return
        if rule.channel_id == self.channel_id:
            text = _("This channel has %(number)s already.")
        else:
            text = _("%(number)s belongs to the channel “%(channel)s”. A number can be in one channel only.")
        raise ValidationError(
            {
                "number": ValidationError(
                    text,
                    code="number_taken",
                    params={"number": rule.number, "channel": rule.channel.name},
                )
            }
        )
