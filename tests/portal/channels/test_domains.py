"""Domains: what a check of each says, against real TLS servers, and where it shows."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from channels_app import domain_checks
from channels_app.models import Channel, Domain, RoutingRule
from channels_app.reachability import Problem
from messaging import tasks
from messaging.inbound import domains
from tests.portal.conftest import channel_form, page_of
from tests.support.authority import Authority
from tests.support.scripted_server import ScriptedServer, closed_port

DOMAINS = "/portal/channels_app/domain/"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this machine trusts."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture(autouse=True)
def _nothing_noted() -> None:
    domains.forget()


def local_domain(port: int) -> Domain:
    return Domain.objects.create(host="localhost", port=port)


def refused_domain(**values: Any) -> Domain:
    """One that can't be tested from here."""
    now = timezone.now()
    return Domain.objects.create(host="sms.example.com", problem="refused", checked_at=now, **values)


def said(client: Client, address: str, form: dict[str, Any] | None = None) -> str:
    return client.post(address, form or {}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("certificate", "sentences"),
    [
        ({}, ["Works", "its certificate is valid for 90 more days"]),
        ({"days": 4}, ["Certificate expires soon", "in less than 5 days: renew it"]),
        ({"days": -3}, ["Broken", "its certificate has expired", "Renew the certificate"]),
        (
            {"host": "other.example.com"},
            [
                "Broken",
                "the certificate there is for another name (other.example.com)",
                "for exactly this name",
            ],
        ),
        ({"self_signed": True}, ["Broken", "not issued by a known authority", "Let&#x27;s Encrypt"]),
    ],
)
def test_a_domain_is_checked_by_its_button_and_the_list_says_the_same(
    administrator_client: Client, authority: Authority, certificate: dict[str, Any], sentences: list[str]
) -> None:
    with ScriptedServer(tls=authority.server(**certificate)) as server:
        domain = local_domain(server.port)
        page = said(administrator_client, f"{DOMAINS}{domain.pk}/check/")
    in_list = administrator_client.get(DOMAINS).content.decode()
    for sentence in sentences:
        assert sentence in page
    for sentence in sentences[:2]:
        assert sentence in in_list


def test_selected_domains_are_checked_together(administrator_client: Client, authority: Authority) -> None:
    with ScriptedServer(tls=authority.server()) as server:
        good, refused = local_domain(server.port), local_domain(closed_port())
        form = {"action": "check_selected", "_selected_action": [good.pk, refused.pk]}
        page = said(administrator_client, DOMAINS, form)
    assert f"localhost:{good.port}: Works" in page
    assert f"localhost:{refused.port}: Could not be tested from here: the connection was refused." in page


@pytest.mark.django_db(transaction=True)
def test_a_domain_is_checked_when_it_is_saved(administrator_client: Client) -> None:
    page = said(administrator_client, f"{DOMAINS}add/", {"host": "nothing.example.invalid", "port": "443"})
    domain = Domain.objects.get()
    assert domain.checked_at is not None
    # The second where this machine has no name server.
    assert domain.problem in ("unknown_name", "no_lookup")
    assert "nothing.example.invalid: " in page


def test_the_clock_checks_what_was_not_checked_for_a_day(db: None, authority: Authority) -> None:
    with ScriptedServer(tls=authority.server()) as server:
        domain = local_domain(server.port)
        tasks.check_domains()
        tasks.check_domains()
        assert server.connections == 1
        with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
            tasks.check_domains()
        assert server.connections == 2
    domain.refresh_from_db()
    assert domain.standing.status == Domain.Status.WORKS


def test_days_go_by_between_two_checks(db: None) -> None:
    now = timezone.now()
    domain = Domain(host="sms.example.com", checked_at=now, certificate_ends_at=now + dt.timedelta(days=22))
    status = Domain.Status
    for days, expected in [(0, status.WORKS), (2, status.ENDS_SOON), (23, status.BROKEN)]:
        with time_machine.travel(now + dt.timedelta(days=days), tick=False):
            assert domain.standing.status == expected


def test_what_cannot_be_tested_works_if_a_message_came_in_lately(db: None) -> None:
    domain = refused_domain()
    assert domain.standing == (Domain.Status.NOT_TESTABLE, "the connection was refused")
    domain.last_inbound_at = timezone.now() - dt.timedelta(hours=3)
    assert domain.standing.status == Domain.Status.WORKS
    assert "a message came in through it 3\xa0hours ago" in domain.standing.reason
    domain.last_inbound_at = timezone.now() - dt.timedelta(days=8)
    assert domain.standing.status == Domain.Status.NOT_TESTABLE


def test_a_broken_domain_is_broken_whatever_came_in(db: None) -> None:
    domain = refused_domain(last_inbound_at=timezone.now())
    domain.problem = Problem.EXPIRED
    assert domain.standing.status == Domain.Status.BROKEN


def test_a_check_of_what_was_changed_meanwhile_is_not_noted(db: None, authority: Authority) -> None:
    with ScriptedServer(tls=authority.server()) as server:
        domain = local_domain(server.port)
        Domain.objects.update(host="sms.example.com")
        domain_checks.check([domain])
    assert Domain.objects.get().checked_at is None


# -- Where a broken domain shows ---------------------------------------------------------------------------------------


def test_a_broken_domain_is_marked_on_the_channels_page_and_in_its_drop_down(
    administrator_client: Client, channel: Channel
) -> None:
    now = timezone.now()
    broken = Domain.objects.create(host="sms.example.com", problem="expired", checked_at=now)
    Domain.objects.create(host="other.example.com", checked_at=now)
    Channel.objects.update(domain=broken)
    page = administrator_client.get(page_of(channel)).content.decode()
    path = f"/webhooks/apidaze/{channel.webhook_token}/"
    assert f">Broken: https://sms.example.com{path}</option>" in page
    assert f">https://other.example.com{path}</option>" in page
    assert f'data-address="https://sms.example.com{path}"' in page
    facts = page[page.index("Channel status") : page.index("Last message in")]
    assert ">Broken</span>" in facts


def test_a_channel_that_takes_another_domain_is_to_be_tested_anew(
    administrator_client: Client, channel: Channel
) -> None:
    first, other = (Domain.objects.create(host=f"{name}.example.com") for name in ("sms", "other"))
    Channel.objects.update(domain=first)
    channel.refresh_from_db()
    channel.note_webhook_test(passed=True)

    def step() -> bool:
        steps = administrator_client.get("/portal/").context["guidance"].steps
        return next(bool(each.done) for each in steps if each.title == "Test that messages come in")

    administrator_client.post(page_of(channel), channel_form(domain=first.pk))
    assert step()
    assert "Webhook tested" in administrator_client.get(page_of(channel)).content.decode()
    administrator_client.post(page_of(channel), channel_form(domain=other.pk))
    assert not step()


# -- What came in through it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "noted"),
    [
        ("sms.example.com", {443}),
        ("SMS.example.com:443", {443}),
        ("sms.example.com:8443", {8443}),
        ("sms.example.com:99999999999999999999", set()),
        ("other.example.com", {9443}),  # its proxy passes the host without the port
        ("unknown.example.com", set()),
        ("not a host", set()),
    ],
)
def test_a_message_notes_its_domain(
    client: Client, channel: Channel, rule: RoutingRule, host: str, noted: set[int]
) -> None:
    for name, port in [("sms", 443), ("sms", 8443), ("other", 9443)]:
        Domain.objects.create(host=f"{name}.example.com", port=port)
    assert bring(client, channel, rule, host) == 200
    assert set(Domain.objects.exclude(last_inbound_at=None).values_list("port", flat=True)) == noted


def test_many_messages_note_their_domain_once_a_minute(
    client: Client, channel: Channel, rule: RoutingRule
) -> None:
    domain = Domain.objects.create(host="sms.example.com")
    bring(client, channel, rule, domain.host)
    domain.refresh_from_db()
    first = domain.last_inbound_at
    bring(client, channel, rule, domain.host)
    domains.forget()  # as another process, which remembers nothing
    bring(client, channel, rule, domain.host)
    domain.refresh_from_db()
    assert domain.last_inbound_at == first


def test_what_is_no_message_notes_nothing(client: Client, channel: Channel, rule: RoutingRule) -> None:
    Domain.objects.create(host="sms.example.com")
    assert bring(client, channel, rule, "sms.example.com", body="garbage") == 400
    assert Domain.objects.get().last_inbound_at is None


def bring(client: Client, channel: Channel, rule: RoutingRule, host: str, body: str = "") -> int:
    message = {"caller_id_number": "13057673260", "destination_number": rule.number, "text": "Hello"}
    address = f"/webhooks/apidaze/{channel.webhook_token}/"
    content = body or json.dumps(message)
    return client.post(address, content, content_type="application/json", headers={"host": host}).status_code
