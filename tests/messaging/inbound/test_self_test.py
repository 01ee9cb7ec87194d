"""The self-test of a webhook address: over real connections, with what each kind of server answers."""

from __future__ import annotations

import io
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Domain, RoutingRule, User
from messaging.inbound import self_test
from messaging.inbound.probe import LIFETIME, make_probe, proof_of
from messaging.models import Message, UnroutableMessage, WebhookLogEntry
from tests.support import shared
from tests.support.authority import Authority
from tests.support.scripted_server import Script, ScriptedServer, closed_port, http_answer

OWN = "http://127.0.0.1:1/"  # not asked where a channel has a domain


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this machine trusts."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture
def at(channel: Channel) -> Callable[..., Channel]:
    """Gives the channel a domain at a port of this machine."""

    def at(port: int, **values: Any) -> Channel:
        channel.domain = Domain.objects.create(host="localhost", port=port, **values)
        channel.save()
        return channel

    return at


def nothing_was_stored() -> bool:
    kinds = (Message, UnroutableMessage, WebhookLogEntry)
    return not any(kind.objects.exists() for kind in kinds)


# -- All the way -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_it_goes_through_the_proxy_to_the_portal_and_back_and_leaves_nothing(
    at: Callable[..., Channel], authority: Authority
) -> None:
    portal = shared.web_server()

    def pass_on(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", portal.port), 10) as behind:
            behind.sendall(proxy.requests[-1])
            while piece := behind.recv(65536):
                connection.sendall(piece)

    with ScriptedServer(pass_on, tls=authority.server(days=5)) as proxy:
        verdict = self_test.run(at(proxy.port), OWN)
    assert verdict.is_well
    assert verdict.text == (
        f"localhost:{proxy.port}: everything works, messages can come in. "
        "Certificate expires soon: in less than 6 days: renew it."
    )
    assert nothing_was_stored()
    assert Domain.objects.get().last_inbound_at is None
    assert Channel.objects.get().webhook_tested_at is not None


@pytest.mark.stack
@pytest.mark.django_db(transaction=True)
def test_the_button_works_where_one_web_process_is_all_there_is(
    channel: Channel, administrator: User
) -> None:
    client = Client()
    client.force_login(administrator, "django.contrib.auth.backends.ModelBackend")
    portal = shared.web_server()
    browser = requests.Session()
    browser.cookies["trunkline_session"] = client.cookies["trunkline_session"].value
    browser.cookies["trunkline_csrf"] = "x" * 32
    form = {"csrfmiddlewaretoken": "x" * 32}
    address = f"{portal.origin}/portal/channels_app/channel/{channel.pk}/self-test/"
    page = browser.post(address, form, timeout=20).text
    Domain.objects.create(host="sms.example.com")
    page_with_a_domain = browser.post(address, form, timeout=20).text
    assert f"127.0.0.1:{portal.port}: the webhook address answers on this machine." in page
    assert "add a domain" in page
    assert "choose a domain under Webhook URL, and save" in page_with_a_domain
    assert nothing_was_stored()


# -- What is wrong -----------------------------------------------------------------------------------------------------


def trickle(connection: socket.socket) -> None:
    for _second in range(50):
        connection.sendall(b"H")
        time.sleep(0.1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (http_answer(404, "<h1>Not Found</h1>"), "another server answers, not this portal (404)"),
        (http_answer(200, "Welcome to nginx!"), "another server answers, not this portal (200)"),
        (http_answer(401), "a server answers, but asks for a login (401)"),
        (http_answer(411), "passes requests on without their length"),
        (http_answer(502), "a server answers, but Trunkline behind it does not (502)"),
        (http_answer(302, headers={"Location": "/login"}), "is redirected to another page"),
        (http_answer(302, headers={"Location": "http://[::"}), "is redirected to another page"),
        (lambda connection: None, "connected, but there is no answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "connected, but there is no answer"),
        (trickle, "connected, but there is no answer"),
    ],
)
def test_a_wrong_server_is_told_with_what_to_do(
    at: Callable[..., Channel], authority: Authority, answer: Script, sentence: str
) -> None:
    began = time.monotonic()
    with ScriptedServer(answer, tls=authority.server()) as server:
        verdict = self_test.run(at(server.port), OWN, timeout=1)
    assert sentence in verdict.text
    assert (verdict.is_well, verdict.is_sure) == (False, True)
    assert time.monotonic() - began < 4


def test_a_redirect_is_told_without_the_token(at: Callable[..., Channel], authority: Authority) -> None:
    def redirect(connection: socket.socket) -> None:
        path = server.requests[-1].split()[1].decode()
        connection.sendall(http_answer(301, headers={"Location": f"https://www.example.com{path}"}))

    with ScriptedServer(redirect, tls=authority.server()) as server:
        text = self_test.run(at(server.port), OWN).text
    assert "is redirected to https://www.example.com, and ITSPs don't follow redirects" in text
    assert Channel.objects.get().webhook_token not in text


def test_a_certificate_is_told_before_the_server_sees_the_address(
    at: Callable[..., Channel], authority: Authority
) -> None:
    with ScriptedServer(tls=authority.server("other.example.com")) as server:
        verdict = self_test.run(at(server.port), OWN)
    assert "the certificate there is for another name (other.example.com). Get a certificate" in verdict.text
    assert (verdict.is_well, verdict.is_sure, server.received) == (False, True, b"")
    assert Domain.objects.get().standing.status == Domain.Status.BROKEN


def test_a_refused_connection_tells_of_routers(at: Callable[..., Channel]) -> None:
    port = closed_port()
    verdict = self_test.run(at(port), OWN)
    assert verdict.text.startswith(
        f"localhost:{port} could not be tested from here: the connection was refused. Many routers"
    )
    assert (verdict.is_well, verdict.is_sure) == (False, False)


def test_it_works_all_the_same_where_a_message_came_in_lately(at: Callable[..., Channel]) -> None:
    verdict = self_test.run(at(closed_port(), last_inbound_at=timezone.now()), OWN)
    assert "works: a message came in through it" in verdict.text
    assert (verdict.is_well, verdict.is_sure) == (True, False)


@pytest.mark.django_db
@pytest.mark.parametrize(("is_open", "is_noted"), [(True, False), (False, True)])
def test_a_test_that_failed_undoes_one_that_passed_and_one_that_says_nothing_does_not(
    at: Callable[..., Channel], authority: Authority, is_open: bool, is_noted: bool
) -> None:
    with ScriptedServer(http_answer(404), tls=authority.server()) as server:
        channel = at(server.port if is_open else closed_port())
        channel.note_webhook_test(passed=True)
        self_test.run(channel, OWN)
    assert (Channel.objects.get().webhook_tested_at is not None) is is_noted


# -- The probe ---------------------------------------------------------------------------------------------------------


def post(client: Client, channel: Channel, body: bytes) -> Any:
    return client.post(channel.webhook_path, body, content_type="application/json")


def test_a_probe_is_answered_with_its_proof_and_not_stored(
    client: Client, channel: Channel, rule: RoutingRule
) -> None:
    body, proof = make_probe(channel.pk)
    answer = post(client, channel, body)
    assert (answer.status_code, answer.content.decode().strip()) == (200, proof)
    assert nothing_was_stored()


def test_nobody_else_can_make_a_probe_nor_use_one_twice_as_long(client: Client, channel: Channel) -> None:
    other, _proof = make_probe(channel.pk + 1)
    old, _proof = make_probe(channel.pk)
    forged = json.dumps({"trunkline_probe": f"{channel.pk}:00000000:abc:def"}).encode()
    for body in (other, forged, b'{"trunkline_probe": 1}', b'["trunkline_probe"]', b'"trunkline_probe"'):
        assert post(client, channel, body).status_code == 400, body
    with time_machine.travel(time.time() + LIFETIME + 2):
        assert post(client, channel, old).status_code == 400
    assert WebhookLogEntry.objects.count() == 6


def test_a_message_that_carries_a_probe_is_a_message(
    client: Client, channel: Channel, rule: RoutingRule
) -> None:
    probe = json.loads(make_probe(channel.pk)[0])
    message = {"caller_id_number": "13057673260", "destination_number": rule.number, "text": "Hello"}
    assert post(client, channel, json.dumps(message | probe).encode()).content == b"stored\n"
    assert Message.objects.get().text == "Hello"


def test_deep_nesting_is_no_probe() -> None:
    assert proof_of(io.BytesIO(b'{"trunkline_probe": ' + b"[" * 900), 1) == ""
