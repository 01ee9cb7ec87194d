"""Fixtures of the inbox's tests: customers who write, and browsers of people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from channels_app.models import Channel, Extension, RoutingRule, User
from channels_app.providers.base import InboundMessage
from messaging.inbound import receiving
from messaging.models import Session
from tests.conftest import CUSTOMER, NUMBER

PARTS = {"HX-Request": "true"}


@pytest.fixture
def receive(channel: Channel, rule: RoutingRule) -> Callable[..., Session]:
    """A customer's text comes in: `receive("Hello")` gives the session it is in."""

    def receive(text: str, sender: str = CUSTOMER, to: str = NUMBER, files: bool = False) -> Session:
        message = InboundMessage(sender=sender, recipient=to, text=text, has_files=files)
        arrival = receiving.Arrival(
            message, receiving.fingerprint(channel, message), body_file="body" if files else ""
        )
        stored = receiving.receive(channel, arrival).message
        assert stored is not None
        return stored.session

    return receive


@pytest.fixture
def browser_of() -> Callable[..., Client]:
    """A signed-in browser: `browser_of(anna)`, or of a login without an extension."""

    def browser_of(person: Extension | User, **options: Any) -> Client:
        client = Client(raise_request_exception=True, **options)
        user = person.user if isinstance(person, Extension) else person
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    return browser_of


@pytest.fixture
def waiting(receive: Callable[..., Session]) -> Session:
    """A session that waits in *Support*."""
    return receive("Where is my order?")
