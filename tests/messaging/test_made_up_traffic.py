"""Made-up traffic is such as real traffic would be, and the same for the same seed."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from messaging.models import Message, PersonalState, Session, SessionEvent, TrafficCount


def everything() -> list[tuple[object, ...]]:
    times = ("opened_at", "closed_at", "last_activity_at", "waiting_since")
    fields = [field.attname for field in Session._meta.fields if field.attname not in ("id", *times)]
    return [
        *Session.objects.values_list(*fields),
        *Message.objects.values_list("direction", "text", "status"),
    ]


def test_there_are_as_many_sessions_and_messages_as_was_asked_for(rule, anna_rule, capsys):
    call_command("generate_traffic", "--sessions=600", "--messages=3000")
    assert (Session.objects.count(), Message.objects.count()) == (600, 3000)
    assert not Session.objects.filter(messages=None).exists()
    assert Session.objects.filter(status="open", holder=None).exists()
    assert SessionEvent.objects.exists()
    assert PersonalState.objects.exists()
    assert not Message.objects.filter(status__in=["queued", "sending"]).exists()
    assert "600 sessions with 3,000 messages" in capsys.readouterr().out


def test_its_counts_equal_a_recount(rule, capsys):
    call_command("generate_traffic", "--sessions=50", "--messages=400")
    totals = TrafficCount.objects.all().totals()
    assert totals["received"] == Message.objects.filter(direction="inbound").count()
    assert totals["sent"] == Message.objects.filter(status="sent").count()
    assert totals["failed"] == Message.objects.filter(status__in=["failed", "unconfirmed"]).count()


def test_the_same_seed_makes_the_same(rule, capsys):
    call_command("generate_traffic", "--sessions=20", "--messages=60", "--seed=7")
    first = everything()
    Message.objects.all().delete()
    Session.objects.all().delete()
    call_command("generate_traffic", "--sessions=20", "--messages=60", "--seed=7")
    assert everything() == first


@pytest.mark.parametrize("options", [["--sessions=0"], ["--sessions=10", "--messages=9"], ["--sessions=-1"]])
def test_numbers_that_make_no_sense_are_refused(options, rule):
    with pytest.raises(CommandError, match="at least one message"):
        call_command("generate_traffic", *options)


def test_without_a_number_there_is_nothing_to_make_up(channel):
    with pytest.raises(CommandError, match="no number"):
        call_command("generate_traffic", "--sessions=1", "--messages=1")


def test_it_does_not_mix_with_what_is_there_unless_told(rule, capsys):
    call_command("generate_traffic", "--sessions=5", "--messages=5")
    with pytest.raises(CommandError, match="--add"):
        call_command("generate_traffic", "--sessions=5", "--messages=5")
    call_command("generate_traffic", "--sessions=5", "--messages=5", "--seed=2", "--add")
    assert Session.objects.count() == 10
