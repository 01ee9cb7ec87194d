"""Several administrators at the same thing, at the same time: nothing is lost unseen, and nobody gets an error page."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.models import Channel, Domain, Extension, MessageQueue, RoutingRule, User
from channels_app.models.failures import FailureCode
from messaging.models import Contact
from tests.portal.conftest import channel_form, errors_of, page_of
from tests.support.threads import at_once

QUEUES = "/portal/channels_app/messagequeue/"


def shown(client: Client, address: str) -> str:
    """What the form's page tells of what is stored."""
    form: Any = client.get(address).context["adminform"].form
    return str(form.as_shown)


def other_client() -> Client:
    client = Client(SERVER_NAME="localhost")
    user = User.objects.create_superuser("other", "secret words 123")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


class TestWhatWasChangedElsewhere:
    def test_is_not_overwritten_unseen(
        self, administrator_client: Client, queue: MessageQueue, anna: Extension, carla: Extension
    ) -> None:
        address = f"{QUEUES}{queue.pk}/change/"
        mine = {
            "name": "Help",
            "mode": "manual",
            "agents": [anna.pk],
            "as_shown": shown(administrator_client, address),
        }
        theirs = {"name": "Support", "mode": "auto", "agents": [anna.pk, carla.pk]}
        other_client().post(address, theirs)

        response = administrator_client.post(address, mine)
        queue.refresh_from_db()
        assert (queue.name, queue.mode, set(queue.agents.all())) == ("Support", "auto", {anna, carla})
        assert (
            "changed elsewhere since you opened the page: Chat assignment mode, Agents."
            in errors_of(response)["__all__"][0]
        )
        assert 'value="Help"' in response.content.decode()

    def test_is_replaced_by_who_saves_again(self, administrator_client: Client, queue: MessageQueue) -> None:
        address = f"{QUEUES}{queue.pk}/change/"
        mine = {"name": "Help", "mode": "manual", "as_shown": shown(administrator_client, address)}
        MessageQueue.objects.update(name="Sales")
        again = administrator_client.post(address, mine).context["adminform"].form.as_shown
        assert administrator_client.post(address, mine | {"as_shown": again}).status_code == 302
        assert MessageQueue.objects.get().name == "Help"

    def test_is_told_of_the_numbers_of_a_channel(
        self, administrator_client: Client, channel: Channel, rule: RoutingRule, anna: Extension
    ) -> None:
        before = shown(administrator_client, page_of(channel))
        RoutingRule.objects.update(destination_queue=None, destination_extension=anna)
        row = {"id": rule.pk, "channel": channel.pk, "destination": f"queue:{rule.destination_queue_id}"}
        response = administrator_client.post(page_of(channel), channel_form(row, saved=1, as_shown=before))
        assert "changed elsewhere since you opened the page: Numbers." in errors_of(response)["__all__"][0]
        assert RoutingRule.objects.get().destination == anna

    def test_does_not_stand_in_the_way_of_what_workers_note(
        self, administrator_client: Client, channel: Channel
    ) -> None:
        before = shown(administrator_client, page_of(channel))
        channel.record_failure(FailureCode.NO_ANSWER, "nobody there")
        response = administrator_client.post(page_of(channel), channel_form(name="Changed", as_shown=before))
        assert response.status_code == 302
        assert Channel.objects.get().name == "Changed"

    def test_is_compared_by_the_page_itself(self, administrator_client: Client, queue: MessageQueue) -> None:
        contact = Contact.objects.create(customer_number="+13057673260", name="Mary")
        domain = Domain.objects.create(host="sms.example.com")
        for row in (queue, contact, domain, queue.agents.all()[0], User.objects.all()[0]):
            name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
            address = reverse(name, args=[row.pk])
            page = administrator_client.get(address)
            known = page.context["adminform"].form.as_shown
            assert known
            assert f'name="as_shown" value="{known}"' in page.content.decode(), address

    @pytest.mark.parametrize("junk", ["x", ":::", "name", "name:x name:y", "\x00", "[" * 5000])
    def test_is_no_error_page_where_the_page_sends_nonsense(
        self, administrator_client: Client, queue: MessageQueue, junk: str
    ) -> None:
        form = {"name": "Help", "mode": "manual", "as_shown": junk}
        assert administrator_client.post(f"{QUEUES}{queue.pk}/change/", form).status_code in (200, 302)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameInstant:
    def test_one_of_several_equal_names_is_stored_and_the_others_are_told(self, administrator: User) -> None:
        def add() -> Any:
            client = Client(SERVER_NAME="localhost")
            client.force_login(administrator, "django.contrib.auth.backends.ModelBackend")
            return client.post(f"{QUEUES}add/", {"name": "Help", "mode": "manual"})

        answers = at_once(*[add] * 6)
        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [302]
        assert all("name" in errors_of(answer) for answer in answers if answer.status_code == 200)

    def test_a_thing_that_is_deleted_while_it_is_saved_does_not_come_back(
        self, administrator: User, make_extension: Any
    ) -> None:
        client = Client(SERVER_NAME="localhost")
        client.force_login(administrator, "django.contrib.auth.backends.ModelBackend")
        for _round in range(5):
            queue = MessageQueue.objects.create(name="Help")
            form = {"name": "Help", "mode": "auto"}
            answers = at_once(
                partial(client.post, f"{QUEUES}{queue.pk}/change/", form),
                partial(client.post, f"{QUEUES}{queue.pk}/delete/", {"post": "yes"}),
            )
            assert [answer.status_code for answer in answers] == [302, 302]
            assert not MessageQueue.objects.exists()

    def test_two_administrators_who_demote_each_other_leave_one(self, administrator: User) -> None:
        other = User.objects.create_superuser("other", "secret words 123")

        def demote(editor: User, whom: User) -> Any:
            client = Client(SERVER_NAME="localhost")
            client.force_login(editor, "django.contrib.auth.backends.ModelBackend")
            form = {"username": whom.username, "role": "agent", "is_active": "on"}
            return client.post(f"/portal/channels_app/user/{whom.pk}/change/", form)

        answers = at_once(partial(demote, administrator, other), partial(demote, other, administrator))
        assert all(answer.status_code in (200, 302, 403) for answer in answers), answers
        assert User.objects.filter(role="administrator").count() == 1

    def test_a_destination_that_is_deleted_while_it_is_chosen_is_named(
        self, administrator: User, channel: Channel
    ) -> None:
        client = Client(SERVER_NAME="localhost")
        client.force_login(administrator, "django.contrib.auth.backends.ModelBackend")
        for _round in range(5):
            queue = MessageQueue.objects.create(name="Help")
            row = {
                "number": "+14102161183",
                "destination": f"queue:{queue.pk}",
                "id": "",
                "channel": channel.pk,
            }
            answers = at_once(
                partial(client.post, page_of(channel), channel_form(row)),
                partial(client.post, f"{QUEUES}{queue.pk}/delete/", {"post": "yes"}),
            )
            assert all(getattr(answer, "status_code", 500) < 500 for answer in answers), answers
            assert RoutingRule.objects.exists() == MessageQueue.objects.exists()
            RoutingRule.objects.all().delete()
            MessageQueue.objects.all().delete()
