"""A stored body is read by one worker at a time, not for ever, and lost for nothing but its own fault."""

import datetime as dt
import time
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.utils import timezone

from channels_app.models import RoutingRule
from channels_app.providers.apidaze.adapter import Apidaze
from messaging import tasks
from messaging.files import body_tries, retention, spool, taking_out
from messaging.inbound import unroutable
from messaging.models import Message, UnroutableMessage
from tests.conftest import NUMBER
from tests.support.threads import at_once

HELLO = {"a.txt": b"Hello"}


class FullDisk(FileSystemStorage):
    """A storage that takes nothing, and says so in words of its own, as services do."""

    error: Exception = OSError(28, "No space left on device")

    def _save(self, name, content):
        raise self.error


class BotoError(Exception):
    pass


@pytest.fixture
def full(settings, file_folder):
    def full(error):
        FullDisk.error = error
        files = {"BACKEND": f"{__name__}.FullDisk", "OPTIONS": {"location": str(file_folder)}}
        settings.STORAGES = {**settings.STORAGES, "files": files}

    before = settings.STORAGES
    yield full
    settings.STORAGES = before


@pytest.fixture
def breaks(monkeypatch):
    """Has the ITSP's adapter break at every body, as a bug would."""

    def breaks(error):
        def read_files(*_arguments):
            raise error

        monkeypatch.setattr(Apidaze, "read_files", read_files)

    return breaks


def wait(message, **passed):
    """As if this much time had passed since the message came."""
    Message.objects.filter(pk=message.pk).update(
        created_at=timezone.now() - dt.timedelta(**passed), body_try_at=timezone.now()
    )


def bodies(settings):
    return list(Path(settings.SPOOL_FOLDER).glob("*.body"))


def test_only_what_is_due_is_read_and_not_before(bring, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    first, second = bring(HELLO), bring(HELLO)
    assert body_tries.due() == [first.pk, second.pk]

    assert body_tries.begin(first.pk) is not None  # and its worker is killed
    assert body_tries.due() == [second.pk]
    assert taking_out.take_out(first.pk) == 0

    time_machine.move_to("2026-03-01T12:00:59Z", tick=False)
    assert body_tries.due() == [second.pk]
    time_machine.move_to("2026-03-01T12:01:00Z", tick=False)
    assert body_tries.due() == [first.pk, second.pk]
    assert taking_out.take_out(first.pk) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_read_it_once(bring, stored):
    message = bring({"a.bin": bytes(100_000)})

    outcomes = at_once(*[lambda: taking_out.take_out(message.pk)] * 4)

    assert sorted(outcomes) == [0, 0, 0, 1]
    assert (len(stored()), message.attachments.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_who_works_long_keeps_others_away(bring, monkeypatch):
    monkeypatch.setattr(body_tries, "RENEW_EVERY", 0.05)
    message = body_tries.begin(bring(HELLO).pk)
    Message.objects.update(body_try_at=timezone.now())

    with body_tries.renewed(message):
        deadline = time.monotonic() + 10
        while body_tries.due() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert body_tries.due() == []


def test_a_body_that_kills_its_worker_each_time_is_said_to_be_unreadable_and_kept(bring, settings):
    message = bring(HELLO)
    for _unused in range(body_tries.MOST_TRIES):
        Message.objects.update(body_try_at=timezone.now())
        assert body_tries.begin(message.pk) is not None
        assert message.attachments.count() == 0
    Message.objects.update(body_try_at=timezone.now())
    tasks.take_out_files(message.pk)

    [file] = message.attachments.all()
    assert (file.state, file.problem) == ("broken", "The message's files could not be read.")
    Message.objects.update(body_try_at=timezone.now() + dt.timedelta(hours=1))
    assert (body_tries.due(), len(bodies(settings))) == ([], 1)


def test_the_pauses_grow(bring, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    message, pauses = bring(HELLO), []
    while message.body_tries < body_tries.MOST_TRIES:
        message = body_tries.begin(message.pk)
        pauses.append((message.body_try_at - timezone.now()).total_seconds())
        time_machine.move_to(message.body_try_at, tick=False)

    assert pauses == sorted(pauses)
    assert pauses[0] == 60
    assert pauses[-1] == 7200


def test_one_that_breaks_the_reader_holds_up_no_other_and_its_words_are_in_no_log(
    bring, breaks, monkeypatch, caplog
):
    broken = bring(HELLO)
    breaks(ValueError("https://a.example/?token=secret"))
    for _unused in range(body_tries.MOST_TRIES):
        Message.objects.update(body_try_at=timezone.now())
        tasks.take_out_files(broken.pk)
    monkeypatch.undo()
    assert taking_out.take_out(bring(HELLO).pk) == 1

    assert [file.state for file in broken.attachments.all()] == ["broken"]
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_what_was_set_aside_is_kept_as_long_as_files_are_and_then_goes(
    bring, settings, time_machine, client, anna
):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    message = bring({"bad.jpg": b"", "good.txt": b"Hello"})
    assert taking_out.take_out(message.pk) == 2

    time_machine.move_to("2026-03-04T11:59:59Z", tick=False)
    assert (retention.purge_bodies(), body_tries.due(), len(bodies(settings))) == (0, [], 1)
    client.force_login(anna.user)
    page = client.get(f"/inbox/{message.session_id}/").content.decode()
    assert "The file is empty." in page
    assert "being read" not in page

    time_machine.move_to("2026-03-04T12:00:00Z", tick=False)
    assert (retention.purge_bodies(), retention.purge_bodies(), bodies(settings)) == (1, 0, [])
    message.refresh_from_db()
    assert message.body_file == ""


def test_a_person_can_have_it_read_again(bring, stored, capsys):
    message = bring({"a.txt": b"Hello", "bad.txt": b""})
    taking_out.take_out(message.pk)
    [good, bad] = message.attachments.all()
    assert (good.state, bad.state, stored()) == ("stored", "broken", [b"Hello"])

    call_command("read_files_again", str(message.pk))
    assert "could not be read" not in capsys.readouterr().out
    assert (stored(), message.attachments.count()) == ([b"Hello"], 2)

    taking_out.take_out(bring(HELLO).pk)
    with pytest.raises(CommandError, match="no longer kept"):
        call_command("read_files_again", str(Message.objects.latest("pk").pk))


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), BotoError("AKIA-secret"), TimeoutError()]
)
def test_a_storage_that_fails_uses_up_no_try_for_as_long_as_files_are_kept(
    bring, full, error, settings, caplog, stored
):
    message = bring(HELLO)
    before = settings.STORAGES
    full(error)
    for hours in range(0, 72, 6):
        wait(message, hours=hours)
        with pytest.raises(OSError):  # noqa: PT011 - whatever it is
            taking_out.take_out(message.pk)
        message.refresh_from_db()
        assert (message.body_tries, message.attachments.count()) == (0, 0)
        pause = message.body_try_at - timezone.now()
        assert dt.timedelta(seconds=25) < pause <= dt.timedelta(hours=1)
    tasks.take_out_files(message.pk)
    assert "secret" not in caplog.text

    settings.STORAGES = before
    wait(message, hours=71)
    assert taking_out.take_out(message.pk) == 1
    assert stored() == [b"Hello"]


def test_after_that_it_is_said(bring, full, settings):
    message = bring(HELLO)
    full(OSError(28, "No space left on device"))
    wait(message, hours=72)
    tasks.take_out_files(message.pk)

    [file] = message.attachments.all()
    assert (file.state, file.problem) == ("broken", "The message's files could not be stored.")


def test_a_body_that_is_not_there_may_come_back_within_a_day(bring, settings, tmp_path, stored):
    message = bring(HELLO)
    Path(settings.SPOOL_FOLDER).rename(tmp_path / "not mounted")
    wait(message, hours=23)
    with pytest.raises(FileNotFoundError):
        taking_out.take_out(message.pk)
    assert not Path(settings.SPOOL_FOLDER).exists()
    assert message.attachments.count() == 0

    (tmp_path / "not mounted").rename(settings.SPOOL_FOLDER)
    wait(message, hours=23)
    assert taking_out.take_out(message.pk) == 1
    assert stored() == [b"Hello"]


def test_after_a_day_it_is_lost(bring):
    message = bring(HELLO)
    spool.drop(message.body_file)
    wait(message, hours=24)
    assert taking_out.take_out(message.pk) == 1

    [file] = message.attachments.all()
    assert (file.state, file.problem) == ("broken", "The stored request could not be found again.")


def test_of_one_that_was_unroutable_the_time_begins_when_it_is_delivered(
    bring, channel, rule, queue, administrator, full, settings, stored
):
    settled = bring(HELLO)
    RoutingRule.objects.all().delete()
    bring({"b.txt": b"Later"})
    waiting = UnroutableMessage.objects.get()
    UnroutableMessage.objects.update(received_at=timezone.now() - dt.timedelta(days=30))
    RoutingRule.objects.create(channel=channel, number=NUMBER, destination_queue=queue)
    message = unroutable.deliver(administrator, waiting.pk).message
    assert message is not None
    assert message.pk != settled.pk
    before = settings.STORAGES

    full(OSError(28, "No space left on device"))
    tasks.take_out_files(message.pk)
    assert message.attachments.count() == 0

    settings.STORAGES = before
    Message.objects.update(body_try_at=None)
    assert taking_out.take_out(message.pk) == 1
    assert stored() == [b"Later"]
