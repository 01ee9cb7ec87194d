"""Channels: one account at one ITSP each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import credentials
from channels_app.api_address import clean_api_address
from channels_app.models.domains import Domain
from channels_app.models.failures import HOLDS_QUEUE, FailureCode, failure_code_of, why_it_failed
from channels_app.moments import moment
from channels_app.providers import get_provider
from channels_app.providers.base import Account, CheckOutcome, CheckResult, Provider

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_RATE = 1000  # messages a second
MAX_TIMEOUT_DAYS = 365
SWITCHED_OFF = "disabled"  # in the status history
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def _between(most: int, message: _StrPromise) -> list[BaseValidator]:
    """Validators of a field from 1 to `most`."""
    return [MinValueValidator(1, message), MaxValueValidator(most, message)]


class Channel(models.Model):
    class Status(models.TextChoices):
        NOT_CHECKED = "not_checked", _("Not checked yet")
        CONNECTED = "connected", _("Connected")
        FAILED = "failed", _("Connection failed")

    name = models.CharField(
        _("name"),
        max_length=127,
        unique=True,
        help_text=_("Shown in lists; up to 127 characters."),
        error_messages={"unique": _("There is already a channel with this name.")},
    )
    enabled = models.BooleanField(
        _("enabled"),
        default=True,
        help_text=_("Off: nothing is sent; inbound messages are still stored and routed."),
    )
    itsp = models.CharField(_("ITSP"), max_length=30, editable=False)
    base_url = models.CharField(
        _("API address"),
        max_length=255,
        blank=True,
        help_text=_(
            "Leave empty for the ITSP's usual address. Fill in only if the ITSP gave your account "
            "another one."
        ),
    )
    encrypted_credentials = models.TextField(editable=False, blank=True)
    domain = models.ForeignKey(
        Domain,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="channels",
        verbose_name=_("domain of the webhook URL"),
        help_text=_("Paste the address into your account with the ITSP. Links to files use this domain too."),
    )
    sending_rate = models.PositiveIntegerField(
        _("message sending rate"),
        default=1,
        validators=_between(MAX_RATE, _("Enter a whole number from 1 to 1,000, for example 1")),
        help_text=_(
            "Messages per second for the whole channel. Further messages wait in a queue and leave "
            "at this rate. Above the ITSP's own limit, deliveries may fail: ask the ITSP for your "
            "limit."
        ),
    )
    close_automatically = models.BooleanField(_("close session automatically"), default=False)
    session_timeout_days = models.PositiveIntegerField(
        _("session timeout (days)"),
        default=7,
        validators=_between(MAX_TIMEOUT_DAYS, _("Enter a whole number of days from 1 to 365, for example 7")),
        help_text=_("A session is closed after this long without a message, pick-up or transfer."),
    )
    accompanying_text = models.CharField(
        _("accompanying text for chat file"),
        max_length=1600,
        blank=True,
        default="You have received a file.",
        help_text=_("Sent along with a file that has no text of its own."),
    )
    allow_takeover = models.BooleanField(
        _("allow taking over a customer's open session by starting one"),
        default=False,
        help_text=_("Off: a session with a customer whom a colleague is serving can't be started."),
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.NOT_CHECKED, editable=False
    )
    failure_code = models.CharField(
        max_length=20, choices=FailureCode.choices, blank=True, default="", editable=False
    )
    failure_detail = models.CharField(max_length=300, blank=True, default="", editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    status_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When a self-test last succeeded, through the domain that is still chosen.
    webhook_tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("SMS channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sending_rate__gte=1, sending_rate__lte=MAX_RATE),
                name="channel_rate_is_possible",
            ),
            models.CheckConstraint(
                condition=models.Q(session_timeout_days__gte=1, session_timeout_days__lte=MAX_TIMEOUT_DAYS),
                name="channel_timeout_is_possible",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def provider(self) -> Provider:
        return get_provider(self.itsp)

    @property
    def account(self) -> Account:
        """Where and as whom to send. Raises `credentials.CredentialsUnreadableError`."""
        return Account(self.effective_base_url, credentials.decrypt(self.encrypted_credentials))

    @property
    def effective_base_url(self) -> str:
        return (
            self.base_url or settings.PROVIDER_BASE_URLS.get(self.itsp, "") or self.provider.default_base_url
        )

    @property
    def file_origin(self) -> str:
        """Where the ITSP fetches files, as `https://sms.example.com`; "" where there is no such address.

        The chosen domain; the simulator on this machine needs none.
        """
        if self.domain is not None:
            return self.domain.origin
        on_this_machine = urlsplit(self.effective_base_url).hostname in _THIS_MACHINE
        return settings.LOCAL_ORIGIN if on_this_machine else ""

    @property
    def holds_queue(self) -> bool:
        """Whether sending waits for a successful check, since no message would be accepted now."""
        return self.status == self.Status.FAILED and self.failure_code in HOLDS_QUEUE

    @property
    def status_text(self) -> str:
        """The status in words, with its reason: *Connection failed since 10:32: could not be checked (…)*."""
        if not self.enabled:
            return str(_("Disabled"))
        text, reason = self.get_status_display(), self.failure_reason
        if self.status == self.Status.FAILED and self.status_changed_at:
            text = _("%(status)s since %(time)s") % {"status": text, "time": moment(self.status_changed_at)}
        return f"{text}: {reason}" if reason else text

    @property
    def failure_reason(self) -> str:
        """Why the connection failed; "" where it did not."""
        if self.status != self.Status.FAILED:
            return ""
        return why_it_failed(self.failure_code, self.failure_detail)

    def set_credentials(self, entered: Mapping[str, str]) -> None:
        """Stores the entered credentials; an empty field keeps the stored one, if that can be read.

        With nothing entered, encrypts the stored ones with the first key again, so that an old key can be removed.
        """
        entered = {name: value for name, value in entered.items() if value}
        try:
            stored = credentials.decrypt(self.encrypted_credentials)
        except credentials.CredentialsUnreadableError:
            stored = {}
        if not entered:
            if stored:
                self.encrypted_credentials = credentials.encrypt(stored)
            return
        self.encrypted_credentials = credentials.encrypt({**stored, **entered})
        self.status = self.Status.NOT_CHECKED
        self.failure_code = self.failure_detail = ""

    def stored_credential_names(self) -> set[str]:
        """Which credentials are stored and can be read."""
        try:
            return {name for name, value in credentials.decrypt(self.encrypted_credentials).items() if value}
        except credentials.CredentialsUnreadableError:
            return set()

    def ask_itsp(self, *, timeout: float = 10) -> CheckResult | None:
        """The ITSP's answer about the credentials; None if they can't be read.

        Uses the network, for `timeout` seconds at most, and not the database.
        """
        try:
            account = self.account
        except credentials.CredentialsUnreadableError:
            return None
        return self.provider.check_credentials(account, timeout=timeout)

    def record_check(self, result: CheckResult | None) -> bool:
        """Records the answer of `ask_itsp`, unless the credentials have been changed since.

        Returns whether the channel is connected.
        """
        if result is None:
            self.record_failure(FailureCode.UNREADABLE)
            return False
        if result.outcome is CheckOutcome.VALID:
            self._record_status(self.Status.CONNECTED)
            return True
        code = failure_code_of(result)
        if code == FailureCode.NO_ANSWER and self.holds_queue:
            return False  # nothing new: the queue waits until a check succeeds
        why = result.code if code == FailureCode.NO_ANSWER else ""
        self.record_failure(code, result.detail or why)
        return False

    def record_failure(self, code: FailureCode, detail: str = "") -> None:
        """Notes that the connection failed, unless the credentials have been changed since."""
        self._record_status(self.Status.FAILED, code, detail[:300])

    def _record_status(self, status: Status, code: str = "", detail: str = "") -> None:
        now = timezone.now()
        self.status, self.failure_code, self.failure_detail, self.checked_at = status, code, detail, now
        asked_about = Channel.objects.filter(
            pk=self.pk, encrypted_credentials=self.encrypted_credentials, base_url=self.base_url
        )
        found = {"status": status, "failure_code": code, "failure_detail": detail, "checked_at": now}
        with transaction.atomic():
            # One statement decides whether this is a change: several processes may find the same at once.
            changed = asked_about.exclude(status=status, failure_code=code)
            if changed.update(**found, status_changed_at=now):
                self.status_changed_at = now
                self._note_status(status, now)
            else:
                asked_about.update(**found)

    def note_switch(self) -> None:
        """Adds to the status history that the channel was enabled or disabled."""
        self._note_status(self.status if self.enabled else SWITCHED_OFF, timezone.now())

    def _note_status(self, status: str, now: dt.datetime) -> None:
        failed = status == self.Status.FAILED
        self.status_changes.create(
            status=status,
            failure_code=self.failure_code if failed else "",
            failure_detail=self.failure_detail if failed else "",
            changed_at=now,
        )
        self.status_changes.forget_oldest()

    def clean(self) -> None:
        self.name = self.name.strip()
        if not self.name:
            raise ValidationError({"name": _("Enter a name, for example Main account")})
        if self.base_url:
            self.base_url = clean_api_address(self.base_url)
        if self.itsp and self.provider.requires_accompanying_text and not self.accompanying_text.strip():
            message = _("This ITSP refuses a file without a text. Enter one, for example %(example)s")
            example = _("You have received a file.")
            raise ValidationError({"accompanying_text": message % {"example": example}})

    @property
    def webhook_token(self) -> str:
        """The current token of the webhook's address, created if there is none yet."""
        current = self.tokens.filter(ends_at=None).first()
        return (current or self.tokens.get_or_create(ends_at=None)[0]).token

    @property
    def webhook_path(self) -> str:
        """The path of the webhook's address, the same on any domain."""
        return reverse("webhook", args=[self.itsp, self.webhook_token])

    def note_webhook_test(self, *, passed: bool) -> None:
        """Records whether a self-test succeeded, unless another domain has been chosen meanwhile."""
        self.webhook_tested_at = timezone.now() if passed else None
        asked = Channel.objects.filter(pk=self.pk, domain=self.domain)
        asked.update(webhook_tested_at=self.webhook_tested_at)
