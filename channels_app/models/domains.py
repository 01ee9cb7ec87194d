"""The addresses at which the internet reaches the portal."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from channels_app import problems
from channels_app.reachability import NOT_TESTABLE, Problem, Reached

ENDS_SOON_DAYS = 21
LATELY = dt.timedelta(days=7)  # a message that came in within this time shows that a domain works
ONCE_A_MINUTE = dt.timedelta(minutes=1)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def validate_host_name(host: str) -> None:
    """Raises `ValidationError`, with reason and example, for what can't be a webhook's host name."""
    if "_" in host:
        raise ValidationError(
            _(
                "A host name with an underscore is not valid on the internet: ITSPs can't deliver "
                "webhooks to it. Use a hyphen, for example sms-portal.example.com"
            ),
            code="underscore",
        )
    try:
        ascii_host = host.encode("idna").decode() if host else ""
    except UnicodeError:
        ascii_host = ""
    labels = ascii_host.split(".")
    if (
        len(ascii_host) > 253
        or len(labels) < 2
        or labels[-1].isdigit()
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise ValidationError(
            _(
                "This is not a host name that the internet can reach. Enter it without http://, without "
                "a path and not as an IP address, for example sms.example.com"
            ),
            code="host_name",
        )


class DomainQuerySet(models.QuerySet["Domain"]):
    def note_inbound(self, host: str, port: int | None) -> None:
        """Records that a message came in through this host, at most once a minute.

        `port` is None if the request's host had none: then it was 443, or the proxy left it out.
        """
        of_host = self.filter(host=host)
        if port is None and of_host.filter(port=443).exists():
            port = 443
        if port is not None:
            of_host = of_host.filter(port=port)
        now = timezone.now()
        not_just_now = Q(last_inbound_at=None) | Q(last_inbound_at__lt=now - ONCE_A_MINUTE)
        of_host.filter(not_just_now).update(last_inbound_at=now)


class Standing(NamedTuple):
    """A domain's status, and the reason in words."""

    status: Domain.Status
    reason: str = ""


class Domain(models.Model):
    """A host name and port at which webhooks and file links reach the portal."""

    class Status(models.TextChoices):
        NOT_CHECKED = "not_checked", _("Not checked yet")
        WORKS = "works", _("Works")
        ENDS_SOON = "ends_soon", _("Certificate expires soon")
        NOT_TESTABLE = "not_testable", _("Could not be tested from here")
        BROKEN = "broken", _("Broken")

    host = models.CharField(
        _("host name"),
        max_length=253,
        help_text=_("The public name of this portal, for example sms.example.com"),
    )
    port = models.PositiveIntegerField(
        _("port"),
        default=443,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text=_("443, unless your router forwards another port."),
    )
    problem = models.CharField(max_length=20, blank=True, default="", editable=False)
    problem_detail = models.CharField(max_length=300, blank=True, default="", editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True, editable=False)
    certificate_ends_at = models.DateTimeField(
        _("certificate expires"), null=True, blank=True, editable=False
    )
    last_inbound_at = models.DateTimeField(_("last message in"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = DomainQuerySet.as_manager()

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["host", "port"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "port"],
                name="domain_once",
                violation_error_message=_("This domain is already in the list."),
            ),
            models.CheckConstraint(
                condition=models.Q(port__gte=1, port__lte=65535), name="domain_port_is_possible"
            ),
        ]

    def __str__(self) -> str:
        return self.host if self.port == 443 else f"{self.host}:{self.port}"

    def clean(self) -> None:
        self.host = self.host.strip().rstrip(".").lower()
        try:
            validate_host_name(self.host)
        except ValidationError as error:
            raise ValidationError({"host": error}) from None
        self.host = self.host.encode("idna").decode()

    @property
    def origin(self) -> str:
        """`https://sms.example.com`, with the port where it is not 443."""
        return f"https://{self}"

    @property
    def standing(self) -> Standing:
        """The status by the last check and the messages that came in since."""
        status = Domain.Status
        if self.checked_at is None:
            return Standing(status.NOT_CHECKED)
        if self.problem in NOT_TESTABLE:
            return self._untested_standing(Problem(self.problem))
        ends_at, now = self.certificate_ends_at, timezone.now()
        if self.problem:
            return Standing(status.BROKEN, problems.reason(Problem(self.problem), self.problem_detail))
        if ends_at is None:
            return Standing(status.WORKS)
        if ends_at <= now:
            return Standing(status.BROKEN, problems.reason(Problem.EXPIRED))
        days = (ends_at - now).days
        if days < ENDS_SOON_DAYS:
            text = ngettext(
                "in less than %(days)d day: renew it", "in less than %(days)d days: renew it", days + 1
            )
            return Standing(status.ENDS_SOON, text % {"days": days + 1})
        text = ngettext(
            "its certificate is valid for %(days)d more day",
            "its certificate is valid for %(days)d more days",
            days,
        )
        return Standing(status.WORKS, text % {"days": days})

    def _untested_standing(self, problem: Problem) -> Standing:
        if self.last_inbound_at and timezone.now() - self.last_inbound_at < LATELY:
            came = gettext("a message came in through it %(time)s ago; it can't be tested from here")
            return Standing(Domain.Status.WORKS, came % {"time": timesince(self.last_inbound_at, depth=1)})
        return Standing(Domain.Status.NOT_TESTABLE, problems.reason(problem))

    def record(self, found: Reached) -> None:
        """Records the result of a check, unless the domain has been changed meanwhile."""
        self.problem, self.problem_detail = found.problem or "", found.detail[:300]
        self.checked_at, self.certificate_ends_at = timezone.now(), found.certificate_ends_at
        Domain.objects.filter(pk=self.pk, host=self.host, port=self.port).update(
            problem=self.problem,
            problem_detail=self.problem_detail,
            checked_at=self.checked_at,
            certificate_ends_at=self.certificate_ends_at,
        )

    def forget_check(self) -> None:
        """Drops the last result, which is about an earlier address. The caller saves."""
        self.problem = self.problem_detail = ""
        self.checked_at = self.certificate_ends_at = self.last_inbound_at = None
