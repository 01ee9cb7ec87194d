"""The list: who finds which session under which tab, and what its line says."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from messaging.inbox.list_windows import Tab
from messaging.inbox.session_list import read_list
from messaging.models.person import Person
from messaging.outbound import answering
from messaging.sessions import archiving, closing, pickup, read_marks, transfer
from tests.conftest import OTHER_NUMBER


def under(seat, tab: Tab) -> list[int]:
    return [row.session_id for row in read_list(Person.at(seat), tab).rows]


def test_a_waiting_session_stands_under_queue_for_its_agents_only(waiting, anna, ben, carla):
    assert under(anna, Tab.QUEUE) == under(ben, Tab.QUEUE) == [waiting.pk]
    assert under(carla, Tab.QUEUE) == under(anna, Tab.MINE) == []


def test_after_a_pick_up_it_stands_under_mine_and_nowhere_else(waiting, anna, ben):
    pickup.pick_up(Person.at(anna), waiting.pk)
    assert under(anna, Tab.MINE) == [waiting.pk]
    assert under(ben, Tab.QUEUE) == under(anna, Tab.QUEUE) == []


def test_a_closed_session_stands_under_closed_of_whoever_held_it_last(waiting, anna, ben):
    pickup.pick_up(Person.at(anna), waiting.pk)
    transfer.transfer(Person.at(anna), waiting.pk, ben)
    closing.close(Person.at(ben), waiting.pk)
    assert under(ben, Tab.CLOSED) == [waiting.pk]
    assert under(anna, Tab.CLOSED) == []


def test_an_archived_session_comes_back_with_the_next_inbound_message(receive, waiting, anna, ben):
    pickup.pick_up(Person.at(anna), waiting.pk)
    archiving.archive(Person.at(anna), waiting.pk, waiting.messages.get().pk)
    assert (under(anna, Tab.MINE), under(anna, Tab.ARCHIVED)) == ([], [waiting.pk])
    answering.answer(Person.at(anna), waiting.pk, "Hello", uuid.uuid4())
    assert under(anna, Tab.MINE) == []
    receive("Are you there?")
    assert (under(anna, Tab.MINE), under(anna, Tab.ARCHIVED)) == ([waiting.pk], [])


def test_archiving_does_not_hide_a_message_that_its_page_had_not_shown(receive, waiting, anna):
    seen = waiting.messages.get().pk
    receive("One more thing")
    archiving.archive(Person.at(anna), waiting.pk, seen)
    assert under(anna, Tab.QUEUE) == [waiting.pk]


def test_archiving_is_each_persons_own(waiting, anna, ben):
    archiving.archive(Person.at(anna), waiting.pk, waiting.messages.get().pk)
    assert (under(anna, Tab.QUEUE), under(ben, Tab.QUEUE)) == ([], [waiting.pk])
    archiving.unarchive(Person.at(anna), waiting.pk)
    assert under(anna, Tab.QUEUE) == [waiting.pk]


def test_archiving_is_undone_without_scripts_too(waiting, anna, browser_of):
    browser = browser_of(anna)
    page = browser.post(reverse("archive", args=[waiting.pk]), {"up_to": 10**6, "tab": "queue"}, follow=True)
    assert under(anna, Tab.ARCHIVED) == [waiting.pk]
    assert "is archived until the next message." in page.content.decode()
    assert 'id="undo-archive"' in page.content.decode()
    page = browser.post(reverse("unarchive", args=[waiting.pk]), {"tab": "queue"}, follow=True)
    assert under(anna, Tab.QUEUE) == [waiting.pk]
    assert 'id="undo-archive"' not in page.content.decode()


def test_a_transfer_to_a_person_brings_an_archived_session_back(waiting, anna, ben):
    archiving.archive(Person.at(ben), waiting.pk, waiting.messages.get().pk)
    transfer.transfer(Person.at(anna), waiting.pk, ben)
    assert under(ben, Tab.MINE) == [waiting.pk]


def test_unread_counts_inbound_messages_after_ones_own_read_mark(receive, waiting, anna, ben):
    receive("Hello?")
    [row] = read_list(Person.at(anna), Tab.QUEUE).rows
    assert row.unread == 2
    read_marks.mark_read(Person.at(anna), waiting.pk, waiting.messages.first().pk)
    assert read_list(Person.at(anna), Tab.QUEUE).rows[0].unread == 1
    assert read_list(Person.at(ben), Tab.QUEUE).rows[0].unread == 2


def test_the_read_mark_never_goes_back_nor_ahead_of_what_there_is(receive, waiting, anna):
    first = waiting.messages.get().pk
    read_marks.mark_read(Person.at(anna), waiting.pk, 10**15)
    read_marks.mark_read(Person.at(anna), waiting.pk, first - 1)
    assert read_list(Person.at(anna), Tab.QUEUE).rows[0].unread == 0
    receive("Hello?")
    assert read_list(Person.at(anna), Tab.QUEUE).rows[0].unread == 1


def test_the_row_shows_the_last_line_and_what_became_of_the_last_answer(receive, waiting, anna):
    answering.answer(Person.at(anna), waiting.pk, "It left\nthis morning.", uuid.uuid4())
    [row] = read_list(Person.at(anna), Tab.QUEUE).rows
    assert (row.last_line, row.last_is_ours, row.outgoing) == ("It left this morning.", True, "queued")
    assert row.waiting == ""
    receive("Thank you")
    [row] = read_list(Person.at(anna), Tab.QUEUE).rows
    assert (row.last_line, row.last_is_ours) == ("Thank you", False)
    assert row.waiting == "under a minute"


def test_tabs_count_and_the_title_says_how_many_have_something_unread(receive, waiting, anna, anna_rule):
    receive("For Anna", to=OTHER_NUMBER)
    shown = read_list(Person.at(anna), Tab.MINE)
    assert [(button.tab.value, button.count) for button in shown.tabs][:2] == [("mine", "1"), ("queue", "1")]
    assert shown.unread == "2"


def test_supervisors_have_all_sessions_under_all(waiting, supervisor, anna, make_extension):
    assert [row.session_id for row in read_list(Person(supervisor), None).rows] == [waiting.pk]
    sam = make_extension("1500", "Sam", role="supervisor")
    assert under(sam, Tab.QUEUE) == []
    assert under(sam, Tab.ALL) == [waiting.pk]


def test_an_agent_has_no_tab_all(waiting, carla, browser_of):
    shown = read_list(Person.at(carla), Tab.ALL)
    assert (shown.tab, shown.rows) == (Tab.MINE, ())
    page = browser_of(carla).get(reverse("inbox"), {"tab": "all"}).content.decode()
    assert "Where is my order?" not in page


@pytest.mark.parametrize("role", ["agent", "supervisor", "administrator"])
def test_a_person_without_an_extension_reads_a_sentence(role, waiting, browser_of):
    from channels_app.models import User

    page = browser_of(User.objects.create_user("lone", role=role)).get(reverse("inbox"))
    assert page.status_code == 200
    assert "extension" in page.content.decode()
    assert ("Where is my order?" in page.content.decode()) == (role != "agent")
