"""A second ITSP, connected as `docs/adding-a-provider.md` says, from its webhook to its answers."""

from __future__ import annotations

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.models import Channel, Extension, RoutingRule, User
from channels_app.providers import PROVIDERS
from messaging.files import taking_out
from messaging.models import Message, Session, WebhookLogEntry
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.sending import loop
from tests.channels_app.providers.examplecom import Examplecom
from tests.conftest import CUSTOMER, NUMBER
from tests.support.scripted_server import ScriptedServer, json_answer

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "ex-key-1234"


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = Examplecom()
    monkeypatch.setitem(PROVIDERS, adapter.slug, adapter)


@pytest.fixture
def examplecom(client: Client, administrator: User) -> Channel:
    """A channel of Examplecom's, set up in the portal."""
    client.force_login(administrator)
    page = client.get(reverse("admin:channels_app_channel_add"))
    assert "Examplecom" in page.content.decode()
    with ScriptedServer(json_answer(200, {})) as server:
        form = {
            "name": "Second",
            "enabled": "on",
            "base_url": server.url,
            "credential_api_key": KEY,
            "sending_rate": "100",
            "session_timeout_days": "7",
            "rules-TOTAL_FORMS": "0",
            "rules-INITIAL_FORMS": "0",
        }
        saved = client.post(f"{reverse('admin:channels_app_channel_add')}?itsp=examplecom", form)
    assert saved.status_code == 302, saved.context["errors"]
    assert server.requests[0].startswith(b"GET /account HTTP/1.1\r\n")
    channel = Channel.objects.get()
    assert (channel.itsp, channel.status) == ("examplecom", "connected")
    assert KEY not in channel.encrypted_credentials
    client.logout()
    return channel


@pytest.fixture
def rule(examplecom: Channel, anna: Extension) -> RoutingRule:
    return RoutingRule.objects.create(
        channel=examplecom, number=NUMBER, destination_extension=anna, registration="registered"
    )


def bring(client: Client, channel: Channel, **fields: object) -> int:
    """What the webhook answers."""
    body = {"kind": "message", "reference": "in-1", "sender": CUSTOMER, "recipient": NUMBER, **fields}
    return client.post(channel.webhook_path, json.dumps(body), content_type="application/json").status_code


def answer_with(channel: Channel, anna: Extension, *answers: bytes) -> tuple[Message, ScriptedServer]:
    """Anna answers; what becomes of it at a server that gives these answers."""
    with ScriptedServer(*answers) as server:
        Channel.objects.update(base_url=server.url)
        message = answering.answer(Person.at(anna), Session.objects.get().pk, "Grüße", uuid.uuid4())
        loop.drain(channel.pk)
    message.refresh_from_db()
    return message, server


def test_a_message_comes_in_and_its_answer_is_sent(
    client: Client, examplecom: Channel, rule: RoutingRule, anna: Extension
) -> None:
    assert bring(client, examplecom, content="Hello") == 200
    inbound = Message.objects.get()
    assert (inbound.text, inbound.itsp_message_id) == ("Hello", "in-1")
    assert inbound.session.customer_number == CUSTOMER

    message, server = answer_with(examplecom, anna, json_answer(202, {"reference": "out-1"}))

    assert (message.status, message.itsp_message_id) == ("sent", "out-1")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /messages HTTP/1.1\r\n")
    assert f"Authorization: Bearer {KEY}".encode() in head
    assert json.loads(body) == {
        "sender": NUMBER,
        "recipient": CUSTOMER,
        "content": "Grüße",
        "attachments": [],
    }


def test_a_refusal_fails_the_message_with_the_words_of_the_itsp(
    client: Client, examplecom: Channel, rule: RoutingRule, anna: Extension
) -> None:
    bring(client, examplecom, content="Hello")

    message, _server = answer_with(examplecom, anna, json_answer(422, {"reason": "Landline"}))

    assert (message.status, message.failure_code, message.failure_detail) == ("failed", "refused", "Landline")


def test_a_refused_key_holds_the_queue(
    client: Client, examplecom: Channel, rule: RoutingRule, anna: Extension
) -> None:
    bring(client, examplecom, content="Hello")

    message, _server = answer_with(examplecom, anna, json_answer(401, {"reason": f"Unknown key {KEY}"}))

    examplecom.refresh_from_db()
    assert (message.status, examplecom.holds_queue) == ("queued", True)
    assert KEY not in examplecom.status_text


def test_files_and_reports(client: Client, examplecom: Channel, rule: RoutingRule) -> None:
    files = [{"name": "a.jpg", "href": "https://files.example.com/a.jpg"}]
    assert bring(client, examplecom, attachments=files) == 200
    taking_out.take_out(Message.objects.get().pk)
    attachment = Message.objects.get().attachments.get()
    assert (attachment.name, attachment.address) == ("a.jpg", "https://files.example.com/a.jpg")

    assert bring(client, examplecom, kind="receipt") == 200
    assert WebhookLogEntry.objects.order_by("pk").last().outcome == "not_a_message"  # type: ignore[union-attr]
