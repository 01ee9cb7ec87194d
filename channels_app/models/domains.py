"""The addresses at which the internet reaches the portal."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def validate_host_name(host: str) -> None:
    """Refuses what can't be the host name of a webhook: `ValidationError` with the reason and an example."""
    if "_" in host:
        raise ValidationError(
            _(
                "A host name with an underscore is not valid on the internet: carriers can't deliver webhooks to "
                "it. Use a hyphen, for example sms-portal.example.com"
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
                "This is no host name that the internet can reach: no address with http://, no path and no IP "
                "address; write it like sms.example.com"
            ),
            code="host_name",
        )


class Domain(models.Model):
    """A host name, and a port where it is not 443, under which webhooks and file links reach the portal."""

    host = models.CharField(
        _("host name"),
        max_length=253,
        help_text=_("The public name of this portal, for example sms.example.com"),
    )
    port = models.PositiveIntegerField(
        _("port"),
        default=443,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text=_("443 unless your router forwards another one."),
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["host", "port"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "port"],
                name="domain_once",
                violation_error_message=_("This domain is in the list already."),
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
