"""Message queues and domains: their limits, and when they can't be deleted."""

from __future__ import annotations

import pytest
from django.test import Client

from channels_app.models import Channel, Domain, Extension, MessageQueue, RoutingRule, User
from tests.portal.conftest import errors_of, page_of

QUEUES = "/portal/channels_app/messagequeue/"
DOMAINS = "/portal/channels_app/domain/"


def test_a_queue_is_made_with_manual_pickup_by_default(administrator_client: Client) -> None:
    form = administrator_client.get(f"{QUEUES}add/").context["adminform"].form
    assert form["mode"].value() == "manual"


def test_the_modes_are_explained(administrator_client: Client) -> None:
    page = administrator_client.get(f"{QUEUES}add/").content.decode()
    assert "Auto pickup: the first answer takes it." in page


def test_a_queue_has_agents(administrator_client: Client, anna: Extension, ben: Extension) -> None:
    form = {"name": "Support", "mode": "auto", "agents": [anna.pk, ben.pk]}
    administrator_client.post(f"{QUEUES}add/", form)
    queue = MessageQueue.objects.get()
    assert (queue.mode, set(queue.agents.all())) == ("auto", {anna, ben})


def test_bad_input_for_a_queue_is_refused(administrator_client: Client, queue: MessageQueue) -> None:
    errors = errors_of(
        administrator_client.post(f"{QUEUES}add/", {"name": "", "mode": "magic", "agents": ["x"]})
    )
    assert errors["name"] == ["Enter a name, for example Support"]
    assert set(errors) == {"name", "mode", "agents"}
    errors = errors_of(administrator_client.post(f"{QUEUES}add/", {"name": "Support", "mode": "auto"}))
    assert errors == {"name": ["There is already a queue with this name."]}


def test_there_are_128_queues_at_most(administrator_client: Client) -> None:
    MessageQueue.objects.bulk_create(MessageQueue(name=f"Queue {index}") for index in range(128))
    errors = errors_of(administrator_client.post(f"{QUEUES}add/", {"name": "One more", "mode": "manual"}))
    assert errors == {
        "__all__": ["There are already 128 message queues, the most there can be. Change or delete one."]
    }
    one = MessageQueue.objects.all()[0]
    form = {"name": "Renamed", "mode": "manual"}
    assert administrator_client.post(f"{QUEUES}{one.pk}/change/", form).status_code == 302


def test_a_queue_has_120_agents_at_most(administrator_client: Client) -> None:
    users = User.objects.bulk_create(User(username=f"{index}", password="!") for index in range(3000, 3121))
    seats = [Extension(number=user.username, name="A", user=user) for user in users]
    agents = [seat.pk for seat in Extension.objects.bulk_create(seats)]
    form = {"name": "Big", "mode": "manual", "agents": agents}
    errors = errors_of(administrator_client.post(f"{QUEUES}add/", form))
    assert errors == {"agents": ["A queue can have at most 120 agents; you chose 121."]}
    administrator_client.post(f"{QUEUES}add/", form | {"agents": agents[:120]})
    assert MessageQueue.objects.get().agents.count() == 120


def test_a_queue_without_agents_is_marked(administrator_client: Client, queue: MessageQueue) -> None:
    assert "No agents" not in administrator_client.get(QUEUES).content.decode()
    queue.agents.clear()
    assert "No agents" in administrator_client.get(QUEUES).content.decode()


def test_a_queue_with_numbers_is_not_deleted(administrator_client: Client, rule: RoutingRule) -> None:
    queue = rule.destination_queue
    assert queue
    sentence = f"{rule.number} goes to the queue “Support”. Give that number another destination first."
    response = administrator_client.post(f"{QUEUES}{queue.pk}/delete/", {"post": "yes"})
    assert sentence in response.content.decode()
    assert (
        f'href="{page_of(rule.channel)}?tab=messaging-setting">SMS channel “Main”<'
        in response.content.decode()
    )
    form = {"action": "delete_selected", "_selected_action": queue.pk, "post": "yes"}
    assert sentence in administrator_client.post(QUEUES, form).content.decode()
    assert MessageQueue.objects.exists()


def test_a_queue_without_numbers_is_deleted_after_asking(
    administrator_client: Client, queue: MessageQueue
) -> None:
    page = administrator_client.get(f"{QUEUES}{queue.pk}/delete/").content.decode()
    assert "Its sessions stay readable" in page
    administrator_client.post(f"{QUEUES}{queue.pk}/delete/", {"post": "yes"})
    assert not MessageQueue.objects.exists()


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("my_portal.example.com", "A host name with an underscore is not valid on the internet"),
        ("localhost", "This is not a host name that the internet can reach"),
        ("192.0.2.7", "This is not a host name that the internet can reach"),
        ("https://sms.example.com", "This is not a host name that the internet can reach"),
        ("-a.example.com", "This is not a host name that the internet can reach"),
        ("a..example.com", "This is not a host name that the internet can reach"),
        ("", "Enter a host name, for example sms.example.com"),
    ],
)
def test_a_host_that_webhooks_never_reach_is_refused(
    administrator_client: Client, host: str, reason: str
) -> None:
    errors = errors_of(administrator_client.post(f"{DOMAINS}add/", {"host": host, "port": "443"}))
    assert len(errors["host"]) == 1
    assert errors["host"][0].startswith(reason)
    assert not Domain.objects.exists()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "", "1.5"])
def test_a_port_out_of_range_gets_the_range(administrator_client: Client, port: str) -> None:
    errors = errors_of(administrator_client.post(f"{DOMAINS}add/", {"host": "sms.example.com", "port": port}))
    assert errors == {"port": ["Enter a whole number from 1 to 65,535, for example 443"]}


def test_a_domain_is_there_once(administrator_client: Client) -> None:
    Domain.objects.create(host="sms.example.com")
    form = {"host": "SMS.example.com.", "port": "443"}
    errors = errors_of(administrator_client.post(f"{DOMAINS}add/", form))
    assert errors == {"__all__": ["This domain is already in the list."]}


def test_a_domain_that_a_channel_uses_is_not_deleted(administrator_client: Client, channel: Channel) -> None:
    domain = Domain.objects.create(host="sms.example.com")
    Channel.objects.update(domain=domain)
    response = administrator_client.post(f"{DOMAINS}{domain.pk}/delete/", {"post": "yes"})
    page = response.content.decode()
    assert (
        "sms.example.com is the webhook domain of “Main”, and the only one. Correct its host name instead"
        in page
    )
    assert f"{page_of(channel)}?tab=authentication" in page
    Domain.objects.create(host="other.example.com")
    response = administrator_client.post(f"{DOMAINS}{domain.pk}/delete/", {"post": "yes"})
    assert "of “Main”. Choose another domain there first." in response.content.decode()
    form = {"action": "delete_selected", "_selected_action": domain.pk, "post": "yes"}
    assert "“Main”" in administrator_client.post(DOMAINS, form).content.decode()
    assert Domain.objects.exists()
