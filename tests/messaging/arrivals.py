"""Messages coming in, as the webhook hands them to the story."""

from __future__ import annotations

from channels_app.models import Channel
from channels_app.providers.base import InboundMessage
from messaging.inbound import receiving
from messaging.models import WebhookLogEntry
from tests.conftest import CUSTOMER, NUMBER


def arrive(
    channel: Channel,
    text: str = "Hello",
    *,
    sender: str = CUSTOMER,
    recipient: str = NUMBER,
    message_id: str = "",
    files_digest: str = "",
) -> WebhookLogEntry:
    """Lets a customer's message come in."""
    message = InboundMessage(sender, recipient, text, message_id, files_digest=files_digest)
    return receiving.receive(channel, receiving.Arrival(message, receiving.fingerprint(channel, message)))
