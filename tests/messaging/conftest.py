"""Fixtures for messages with files: folders of the test's own, and a webhook that brings files."""

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
def file_folder(settings: Any, tmp_path: Path) -> Path:
    """Where the bytes of this test's files are stored; its spool is beside it."""
    settings.SPOOL_FOLDER = tmp_path / "spool"
    files = {**settings.STORAGES["files"], "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "files": files}
    return tmp_path / "files"


@pytest.fixture
def stored(file_folder: Path) -> Callable[[], list[bytes]]:
    """The bytes of all files in the storage."""
    return lambda: sorted(path.read_bytes() for path in file_folder.rglob("*") if path.is_file())


@pytest.fixture
def bring(client: Client, channel: Channel, rule: RoutingRule, file_folder: Path) -> Callable[..., Message]:
    """Has the webhook bring a message; its files are still in its stored body.

    `files` is a dictionary of names and contents, or anything as it stands in the body.
    """

    def bring(files: Any, *, text: str = "Look", to: str = NUMBER, field: str = "files") -> Message:
        if isinstance(files, dict) and all(isinstance(content, bytes) for content in files.values()):
            files = repr({name: base64.b64encode(content).decode() for name, content in files.items()})
        body = {"caller_id_number": CUSTOMER[1:], "destination_number": to[1:], "text": text, field: files}
        address = f"/webhooks/apidaze/{channel.webhook_token.token}/"
        answer = client.post(address, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200
        message = Message.objects.order_by("pk").last()
        assert message is not None
        return message

    return bring
