"""Who may open what in the portal: every address of it is tried as every role."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel, Domain, Extension, MessageQueue, RoutingRule, User
from channels_app.models.users import SUPERVISOR_PERMISSIONS
from messaging.models import Change, Contact, Export, Session, UnroutableMessage, WebhookLogEntry
from tests.portal.conftest import channel_form

SETTINGS = (Channel, Contact, Domain, Extension, MessageQueue, RoutingRule, User)


@pytest.fixture
def everything(rule: RoutingRule, channel: Channel, queue: MessageQueue) -> dict[type[Any], Any]:
    """One thing of every kind."""
    now = timezone.now()
    session = Session.objects.create(
        channel=channel,
        our_number="+1",
        customer_number="+2",
        queue=queue,
        opened_at=now,
        last_activity_at=now,
    )
    return {
        Channel: channel,
        Contact: Contact.objects.create(customer_number="+2", name="Mary"),
        Export: Export.objects.create(key=uuid.uuid4(), content="sessions", format="csv"),
        Domain: Domain.objects.create(host="sms.example.com"),
        Extension: Extension.objects.all()[0],
        MessageQueue: queue,
        User: User.objects.filter(role="agent")[0],
        Session: session,
        UnroutableMessage: UnroutableMessage.objects.create(
            channel=channel, received_at=now, fingerprint="f"
        ),
        Change: LogEntry.objects.log_actions(
            Extension.objects.all()[0].user_id, [channel], 2, "Changed.", single_object=True
        ),
        WebhookLogEntry: WebhookLogEntry.objects.create(channel=channel, received_at=now, outcome="stored"),
    }


def addresses(everything: dict[type[Any], Any]) -> Iterator[str]:
    """Every address of the portal, for things that exist."""
    yield reverse("admin:index")
    for model, model_admin in admin.site._registry.items():
        for pattern in model_admin.get_urls():
            name = pattern.name
            if name is None:
                continue  # a redirect of old addresses
            if "<" not in str(pattern.pattern):
                yield reverse(f"admin:{name}")
            elif model in everything:
                yield reverse(f"admin:{name}", args=[everything[model].pk])


def settings_now() -> dict[str, Any]:
    return {
        f"{model.__name__} {row.pk}": {
            name: sorted(each.pk for each in value) if isinstance(value, list) else value
            for name, value in model_to_dict(row).items()
        }
        for model in SETTINGS
        for row in model._default_manager.all()
    }


def test_every_kind_is_registered_and_has_an_address(everything: dict[type[Any], Any]) -> None:
    assert set(admin.site._registry) == set(everything)
    assert len(list(addresses(everything))) > 40


def test_an_administrator_opens_everything(
    administrator_client: Client, everything: dict[type[Any], Any]
) -> None:
    for address in addresses(everything):
        if "autocomplete" in address or address.endswith("/add/"):
            continue
        assert administrator_client.get(address).status_code in (200, 302, 403), address


def test_nobody_gets_in_without_signing_in(client: Client, everything: dict[type[Any], Any]) -> None:
    client.defaults["SERVER_NAME"] = "localhost"
    for address in addresses(everything):
        for method in (client.get, client.post):
            response = method(address)
            assert response.status_code in (302, 403), address
            if response.status_code == 302:
                assert response.headers["Location"].startswith(("/portal/login/", "/sign-in/")), address


def test_the_portals_own_sign_in_is_the_one_for_everybody(client: Client, db: None) -> None:
    response = client.get("/portal/login/?next=/portal/messaging/session/", SERVER_NAME="localhost")
    assert response.headers["Location"] == "/sign-in/?next=%2Fportal%2Fmessaging%2Fsession%2F"


def test_an_agent_cannot_open_the_portal(
    client: Client, everything: dict[type[Any], Any], anna: Extension
) -> None:
    client.defaults["SERVER_NAME"] = "localhost"
    client.force_login(anna.user, "django.contrib.auth.backends.ModelBackend")
    before = settings_now()
    for address in addresses(everything):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {"post": "yes"}).status_code == 403, address
    assert settings_now() == before


def test_a_supervisor_changes_no_setting_by_any_address(
    supervisor_client: Client, everything: dict[type[Any], Any]
) -> None:
    before = settings_now()
    forms: list[dict[str, Any]] = [
        {},
        {"post": "yes"},
        channel_form(name="Changed"),
        {
            "name": "Changed",
            "mode": "auto",
            "number": "7777",
            "role": "administrator",
            "host": "a.example.com",
        },
        {"username": "changed", "role": "administrator", "is_active": "on"},
        {"old_address": "now"},
    ]
    tokens = Channel.objects.get().webhook_token
    for address in addresses(everything):
        for form in forms:
            supervisor_client.post(address, form)
    for model, row in everything.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for action in ("delete_selected", "check_selected", "unlock_selected"):
            form = {"action": action, "_selected_action": row.pk, "post": "yes"}
            supervisor_client.post(address, form)
            supervisor_client.post(address, form | {"index": 0})
    assert settings_now() == before
    assert Channel.objects.get().webhook_token == tokens
    assert Channel.objects.get().checked_at is None
    assert not hasattr(everything[User], "sign_in_link")


def test_a_supervisor_sees_what_the_role_gives_and_no_more(
    supervisor_client: Client, everything: dict[type[Any], Any]
) -> None:
    for model, row in everything.items():
        opts = model._meta
        may_see = f"{opts.app_label}.view_{opts.model_name}" in SUPERVISOR_PERMISSIONS
        expected = 200 if may_see else 403
        list_address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        page_address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
        assert supervisor_client.get(list_address).status_code == expected, model
        assert supervisor_client.get(page_address).status_code == expected, model


def test_a_supervisor_sees_a_channel_without_its_webhook_token(
    supervisor_client: Client, channel: Channel
) -> None:
    page = supervisor_client.get(f"/portal/channels_app/channel/{channel.pk}/change/").content.decode()
    assert channel.name in page
    assert channel.webhook_token not in page
    assert "credential" not in page
    assert "Check now" not in page
    assert 'name="_save"' not in page


def test_the_sidebar_offers_what_one_may_see(administrator_client: Client, supervisor_client: Client) -> None:
    def titles(client: Client) -> list[str]:
        groups = client.get("/portal/").context["sidebar_navigation"]
        return [item["title"] for group in groups for item in group["items"]]

    assert titles(administrator_client) == [
        "Overview",
        "Channels",
        "Message queues",
        "Sessions",
        "Unroutable messages",
        "Contacts",
        "Extensions",
        "Logins",
        "Set-up",
        "Domains",
        "Webhook log",
        "Exports",
        "Changes",
    ]
    assert titles(supervisor_client) == [
        "Overview",
        "Channels",
        "Sessions",
        "Unroutable messages",
        "Contacts",
        "Webhook log",
    ]


def test_signing_out_takes_a_post(administrator_client: Client) -> None:
    administrator_client.get("/portal/logout/")
    assert administrator_client.get("/portal/").status_code == 200
    administrator_client.post("/portal/logout/")
    assert administrator_client.get("/portal/").status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "messaging/webhooklogentry/?body__regex=(a%2B)%2B%24",
        "channels_app/channel/?encrypted_credentials__startswith=gAAAA",
        "channels_app/channel/?encrypted_credentials__regex=%5EgAAAA",
        "channels_app/channel/?base_url__startswith=http",
        "messaging/session/?holder__user__password__startswith=pbkdf2",
    ],
)
def test_no_list_can_be_asked_for_columns_or_operators_that_it_does_not_offer(
    supervisor_client, channel, address
):
    assert supervisor_client.get(f"/portal/{address}").status_code in (302, 400)


def test_a_search_for_very_many_words_is_answered(supervisor_client, channel):
    words = "+".join(["x"] * 1500)
    assert supervisor_client.get(f"/portal/channels_app/channel/?q={words}").status_code == 200
