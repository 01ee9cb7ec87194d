"""The list window by window: nothing is left out, nothing comes twice, whatever happens meanwhile."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from channels_app.models import MessageQueue
from messaging.inbox.list_windows import Tab, window
from messaging.inbox.session_list import Asked, read_list
from messaging.models import Session
from messaging.models.person import Person
from messaging.sessions import archiving, closing, pickup
from tests.inbox.conftest import PARTS


@pytest.fixture
def make_sessions(channel, rule, queue):
    """So many sessions that wait, each a minute after the one before; two of three at the same instant."""

    def make(count: int, start: int = 0, **fields) -> list[int]:
        now = timezone.now() - dt.timedelta(days=1)
        made = [
            Session(
                channel=channel,
                our_number=rule.number,
                customer_number=f"+1305{number:07}",
                opened_at=now,
                last_activity_at=now + dt.timedelta(minutes=number // 3),
                waiting_since=now + dt.timedelta(minutes=number // 3) if number % 5 else None,
                **({"queue": queue, "queue_name": queue.name} | fields),
            )
            for number in range(start, start + count)
        ]
        return [session.pk for session in Session.objects.bulk_create(made)]

    return make


def all_windows(tab, person, size=7) -> list[list[int]]:
    windows, after = [], ""
    while True:
        found = window(tab, person, after, size)
        windows.append(list(found.ids))
        if not (after := found.after):
            return windows


def test_windows_of_the_queue_go_queue_by_queue_and_whoever_waits_longest_first(make_sessions, anna, queue):
    other = MessageQueue.objects.create(name="After Support")
    other.agents.add(anna)
    late = make_sessions(10, start=20, queue=other, queue_name=other.name)
    make_sessions(20)
    found = [pk for each in all_windows(Tab.QUEUE, Person.at(anna)) for pk in each]
    assert found[:10] == sorted(late, key=lambda pk: (Session.objects.get(pk=pk).waiting_since is None, pk))
    in_support = Session.objects.filter(queue=queue)
    assert found[10:] == [
        *in_support.filter(waiting_since__isnull=False).order_by("waiting_since", "pk").values_list("pk", flat=True),
        *in_support.filter(waiting_since__isnull=True).order_by("pk").values_list("pk", flat=True),
    ]  # fmt: skip


@pytest.mark.parametrize("tab", [Tab.MINE, Tab.CLOSED, Tab.ARCHIVED, Tab.ALL])
def test_windows_of_the_other_tabs_go_from_what_happened_last(tab, make_sessions, anna, administrator):
    closed = {"status": "closed", "closed_at": timezone.now()}
    held = make_sessions(22, holder=anna, holder_name=str(anna), **(closed if tab == Tab.CLOSED else {}))
    if tab in (Tab.CLOSED, Tab.ALL):
        held += make_sessions(8, start=40, **closed)
    if tab == Tab.ARCHIVED:
        for pk in held:
            archiving.archive(Person.at(anna), pk, 0)
    user = administrator if tab == Tab.ALL else anna.user
    expected = Session.objects.filter(pk__in=held).order_by("-last_activity_at", "-pk")
    windows = all_windows(tab, Person(user, anna))
    assert [pk for each in windows for pk in each] == list(expected.values_list("pk", flat=True))
    assert {len(each) for each in windows[:-1]} == {7}


def test_what_moves_to_the_top_between_two_windows_makes_no_other_come_twice(make_sessions, anna):
    held = make_sessions(20, holder=anna, holder_name=str(anna))
    first = window(Tab.MINE, Person.at(anna), size=10)
    Session.objects.filter(pk=held[0]).update(last_activity_at=timezone.now())
    second = window(Tab.MINE, Person.at(anna), first.after, 10)
    assert set(second.ids) == set(held) - set(first.ids) - {held[0]}


@pytest.mark.parametrize(
    "cursor",
    ["x", "1", "1-2-3-4", "-1-2", "9" * 30 + "-1", "999999999999999999-999999999999999999", "1-2", "1-2-3",
     "0-999999999999999999-1", "٣-٤", "1\x00-2"],
)  # fmt: skip
@pytest.mark.parametrize("tab", ["mine", "queue", "closed", "archived"])
def test_a_cursor_that_makes_no_sense_gives_a_list(cursor, tab, make_sessions, anna, browser_of):
    make_sessions(3)
    answer = browser_of(anna).get(reverse("session-list"), {"tab": tab, "after": cursor}, headers=PARTS)
    assert answer.status_code == 200


def test_rows_further_down_are_read_again_by_their_ids_and_those_that_left_are_missing(
    make_sessions, anna, ben
):
    waiting = make_sessions(55)
    asked = (waiting[-1], waiting[-2], waiting[0], 10**15)
    pickup.pick_up(Person.at(ben), waiting[-1])
    shown = read_list(Person.at(anna), Tab.QUEUE, Asked(others=asked))
    assert len(shown.rows) == 50
    first = {row.session_id for row in shown.rows}
    assert [row.session_id for row in shown.others] == [pk for pk in asked[1:3] if pk not in first]


def test_another_s_session_can_t_be_read_by_asking_for_it_further_down(make_sessions, anna, ben, browser_of):
    [session] = make_sessions(1, holder=ben, holder_name=str(ben))
    shown = read_list(Person.at(anna), Tab.MINE, Asked(others=(session,)))
    assert (shown.rows, shown.others) == ((), ())


def test_windows_take_no_more_queries_than_the_list(
    make_sessions, anna, browser_of, django_assert_max_num_queries
):
    make_sessions(60, holder=anna, holder_name=str(anna))
    client = browser_of(anna)
    after = window(Tab.MINE, Person.at(anna)).after
    with django_assert_max_num_queries(12):
        answer = client.get(reverse("session-list"), {"tab": "mine", "after": after}, headers=PARTS)
    assert answer.content.decode().count('id="row-') == 10
    assert "data-more" not in answer.content.decode()


def test_a_closed_session_that_nobody_held_stands_under_closed_of_its_queue(
    waiting, anna, ben, administrator
):
    closing.close(Person(administrator), waiting.pk)
    for seat in (anna, ben):
        assert window(Tab.CLOSED, Person.at(seat)).ids == (waiting.pk,)
