"""The tokens of the channels' webhook addresses."""

from __future__ import annotations

import datetime as dt
import secrets

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models.channels import Channel


def new_webhook_token() -> str:
    """256 bits: the token is the only secret between the internet and the webhook."""
    return secrets.token_urlsafe(32)


class WebhookToken(models.Model):
    """A token of a channel's webhook address; the one without an end is the current one."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="tokens")
    token = models.CharField(max_length=64, unique=True, default=new_webhook_token)
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook token")
        verbose_name_plural = _("webhook tokens")
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=models.Q(ends_at__isnull=True),
                name="channel_has_one_current_token",
            )
        ]

    def __str__(self) -> str:
        return f"{self.token[:4]}…"

    @classmethod
    def rotate(cls, channel: Channel, *, end_old_at_once: bool = False) -> str:
        """A new token for the webhook address; the old one works for `ROTATED_TOKEN_HOURS` more, or ends at once."""
        now = timezone.now()
        old_ends_at = now if end_old_at_once else now + dt.timedelta(hours=settings.ROTATED_TOKEN_HOURS)
        with transaction.atomic():
            Channel.objects.select_for_update().get(pk=channel.pk)
            channel.tokens.filter(ends_at=None).update(ends_at=old_ends_at)
            if end_old_at_once:
                channel.tokens.filter(ends_at__gt=now).update(ends_at=now)
            return channel.tokens.create().token

    @classmethod
    def channel_of(cls, itsp: str, token: str) -> Channel | None:
        """The channel of a valid token, with its id and ITSP only; other fields are loaded on access."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_CHANNEL_OF, [token, itsp, now])
            found = cursor.fetchone()
        return None if found is None else Channel.from_db(connection.alias, ["id", "itsp"], [found[0], itsp])


# Written out, since every webhook needs it first: Django took longer to build it than the database to answer.
_CHANNEL_OF = """
    SELECT channel.id
    FROM channels_app_webhooktoken token JOIN channels_app_channel channel ON channel.id = token.channel_id
    WHERE token.token = %s AND channel.itsp = %s AND (token.ends_at IS NULL OR token.ends_at > %s)
"""
