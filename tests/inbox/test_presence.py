"""Presence, and what becomes of a customer whose agent is away: nobody is stuck with an absent colleague."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from messaging.models import Presence, Session, SessionEvent
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.refusal import NotFoundError, RefusedError
from messaging.sessions import pickup, presence, transfer
from tests.conftest import OTHER_NUMBER
from tests.messaging.arrivals import arrive
from tests.support.threads import at_once

KEY = "7d444840-9dc0-11d1-b245-5ffdce74fad2"


def minutes_ago(minutes: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(minutes=minutes)


def last_seen(seat, minutes: float) -> None:
    Presence.objects.update_or_create(extension=seat, defaults={"seen_at": minutes_ago(minutes)})


@pytest.fixture
def held(channel, rule, anna):
    """Anna's, from the queue of Anna and Ben; its customer has waited for 31 minutes."""
    arrive(channel)
    session = Session.objects.get()
    pickup.pick_up(Person.at(anna), session.pk)
    Session.objects.update(waiting_since=minutes_ago(31))
    SessionEvent.objects.update(at=minutes_ago(31))
    return session


def sees(session, seat) -> bool:
    return Session.objects.visible_to(Person.at(seat)).filter(pk=session.pk).exists()


@pytest.mark.parametrize(("minutes", "is_available"), [(9.9, True), (10.1, False)])
def test_a_person_is_away_ten_minutes_after_the_last_page_closed(anna, minutes, is_available):
    last_seen(anna, minutes)
    assert Presence.objects.available().filter(pk=anna.pk).exists() is is_available


def test_an_open_page_says_that_its_person_is_here(anna, browser_of):
    last_seen(anna, 60)
    assert browser_of(anna).post(reverse("present")).status_code == 204
    assert Presence.objects.available().count() == 1


def test_away_by_hand_holds_while_pages_are_open_until_it_is_taken_back(anna, browser_of):
    client = browser_of(anna)
    client.post(reverse("away"), {"away": "1"})
    client.post(reverse("present"))
    assert not Presence.objects.available().exists()
    assert "I am available again" in client.get(reverse("inbox")).content.decode()
    client.post(reverse("away"), {"away": "0"})
    assert Presence.objects.available().count() == 1


def test_colleagues_see_a_session_that_waits_too_long_for_who_is_away(held, anna, ben, carla):
    last_seen(anna, 60)
    assert [sees(held, seat) for seat in (anna, ben, carla)] == [True, True, False]


@pytest.mark.parametrize(
    "change", ["holder is here", "not long enough", "was answered", "closed", "no queue"]
)
def test_else_it_is_its_holders_alone(held, anna, ben, change):
    last_seen(anna, 1 if change == "holder is here" else 60)
    if change == "not long enough":
        Session.objects.update(waiting_since=minutes_ago(29))
    if change == "was answered":
        answering.answer(Person.at(anna), held.pk, "Hello", KEY)
    if change == "closed":
        Session.objects.update(status="closed", closed_at=timezone.now(), waiting_since=minutes_ago(31))
    if change == "no queue":
        Session.objects.update(queue=None)
    assert not sees(held, ben)
    with pytest.raises(NotFoundError):
        pickup.take_over(Person.at(ben), held.pk)


def test_a_session_that_came_to_an_extension_is_for_supervisors_only(channel, anna_rule, rule, anna, ben):
    arrive(channel, recipient=OTHER_NUMBER)
    session = Session.objects.get()
    Session.objects.update(waiting_since=minutes_ago(60))
    assert not sees(session, ben)


def test_who_takes_over_is_the_holder_and_the_line_says_from_whom(held, anna, ben):
    last_seen(anna, 60)
    with pytest.raises(RefusedError, match="is away and the customer is waiting"):
        answering.answer(Person.at(ben), held.pk, "Hello", KEY)

    pickup.take_over(Person.at(ben), held.pk)

    assert not sees(held, anna)
    event = SessionEvent.objects.get(kind="taken_over")
    assert (event.actor_name, event.target_name) == ("1002 Ben", "1001 Anna")
    assert Presence.objects.available().get().pk == ben.pk
    answering.answer(Person.at(ben), held.pk, "Hello", KEY)


def test_who_is_only_away_for_others_can_not_pick_up_or_move_it(held, anna, ben):
    last_seen(anna, 60)
    for operation in (pickup.pick_up, partial(transfer.transfer, target=ben)):
        with pytest.raises(RefusedError):
            operation(Person.at(ben), held.pk)
    assert Session.objects.get().holder == anna


@pytest.mark.django_db(transaction=True)
def test_exactly_one_takes_over(held, queue, anna, ben, carla):
    queue.agents.add(carla)
    last_seen(anna, 60)

    def take_over(seat):
        try:
            return pickup.take_over(Person.at(seat), held.pk).holder
        except (RefusedError, NotFoundError) as error:
            return str(error)

    results = at_once(*(partial(take_over, seat) for seat in (ben, carla)))

    winner = Session.objects.get().holder
    assert winner in (ben, carla)
    assert sorted(map(str, results)) == sorted([str(winner), f"{winner} has this session now."])


def test_the_queues_list_shows_who_is_away_and_the_page_offers_to_take_over(held, anna, ben, browser_of):
    last_seen(anna, 60)
    client = browser_of(ben)
    [row] = client.get(reverse("session-list"), {"tab": "queue"}).context["list"].rows
    assert (row.session_id, row.holder, row.holder_is_away) == (held.pk, "1001 Anna", True)
    page = client.get(reverse("conversation", args=[held.pk])).content.decode()
    assert "Take over" in page
    client.post(reverse("take-over", args=[held.pk]))
    assert Session.objects.get().holder == ben


def test_the_transfer_window_says_who_is_away(held, anna, ben, carla, browser_of):
    presence.see(ben)
    page = browser_of(anna).get(reverse("transfer", args=[held.pk])).content.decode()
    assert "1002 Ben</option>" in page
    assert "1003 Carla (away)</option>" in page


class TestWhoIsToldWhoHasIt:
    """Losers of a race are told; what one may not see is not there for anybody else."""

    def test_for_a_while_after_a_pick_up(self, held, ben):
        SessionEvent.objects.update(at=minutes_ago(9))
        with pytest.raises(RefusedError, match="1001 Anna has this session now"):
            pickup.pick_up(Person.at(ben), held.pk)

    def test_not_later(self, held, anna, ben):
        last_seen(anna, 1)
        with pytest.raises(NotFoundError):
            pickup.pick_up(Person.at(ben), held.pk)

    def test_not_the_previous_holder_after_a_transfer(self, held, anna, carla):
        last_seen(carla, 1)
        transfer.transfer(Person.at(anna), held.pk, carla)
        with pytest.raises(NotFoundError):
            pickup.pick_up(Person.at(anna), held.pk)
