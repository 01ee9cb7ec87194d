"""A webhook that brings files."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from channels_app.models import Channel, RoutingRule
from messaging.models import Message
from tests.conftest import CUSTOMER, NUMBER


@pytest.fixture
def bring(client: Client, channel: Channel, rule: RoutingRule, file_folder: Path) -> Callable[..., Message]:
    """Has the webhook bring a message; its files are still in its stored body.

    `files` is a dictionary of names and contents, or anything as it stands in the body.
    """

    def bring(files: Any, *, text: str = "Look", to: str = NUMBER, field: str = "files") -> Message:
        if isinstance(files, dict) and all(isinstance(content, bytes) for content in files.values()):
            files = repr({name: base64.b64encode(content).decode() for name, content in files.items()})
        body = {"caller_id_number": CUSTOMER[1:], "destination_number": to[1:], "text": text, field: files}
        address = f"/webhooks/apidaze/{channel.webhook_token}/"
        answer = client.post(address, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200
        message = Message.objects.order_by("pk").last()
        assert message is not None
        return message

    return bring
