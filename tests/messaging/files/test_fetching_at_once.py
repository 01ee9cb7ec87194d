"""Fetching while something else happens to the file: another fetch, a purge, a deletion."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from messaging import tasks
from messaging.files import fetching, public_http, taking_out
from messaging.models import Attachment
from tests.support.scripted_server import ScriptedServer, http_answer
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def this_machine_is_public(monkeypatch):
    """The tests' server is on this machine, which is what must never be fetched from."""
    monkeypatch.setattr(public_http, "is_public", lambda address: True)
    monkeypatch.setattr(public_http, "is_own", lambda connection: False)


@pytest.fixture
def waiting(bring):
    def waiting(*addresses):
        message = bring(list(addresses), field="media_urls")
        taking_out.take_out(message.pk)
        return list(message.attachments.all())

    return waiting


def meanwhile(change):
    """A server at which this happens before it answers."""

    def answer(sock):
        try:
            change()
        finally:
            connection.close()
        sock.sendall(http_answer(200, b"Hello"))

    return ScriptedServer(answer)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Attachment.objects.update(tries=2),
        lambda: Attachment.objects.update(state="broken", try_again_at=None),
        lambda: Attachment.objects.all().delete(),
    ],
    ids=["another try", "decided", "deleted"],
)
def test_a_row_that_is_no_longer_this_try_s_stays_as_it_is_and_the_bytes_go(waiting, change, stored):
    with meanwhile(change) as server:
        [file] = waiting(f"{server.url}/a.txt")
        assert not fetching.fetch(file.pk)

    assert stored() == []
    assert not Attachment.objects.filter(state="stored").exists()


def test_two_at_once_stay_together_within_the_limit(waiting, settings, stored):
    settings.MAX_FILES_BYTES = 1000
    both = threading.Barrier(2)

    def answer(sock):
        both.wait(20)
        sock.sendall(http_answer(200, bytes(600)))

    with ScriptedServer(answer) as server:
        first, second = waiting(f"{server.url}/a.bin", f"{server.url}/b.bin")
        outcomes = at_once(lambda: fetching.fetch(first.pk), lambda: fetching.fetch(second.pk))

    assert sorted(outcomes) == [False, True]
    assert stored() == [bytes(600)]
    states = dict(Attachment.objects.values_list("state", "problem"))
    assert states == {"stored": "", "broken": "Together the files are larger than the limit."}


def test_a_storage_that_fails_uses_up_no_try(waiting, settings, file_folder):
    with ScriptedServer(http_answer(200, b"Hello")) as server:
        [file] = waiting(f"{server.url}/a.txt")
        file_folder.mkdir()
        settings.SPOOL_FOLDER = file_folder / "not mounted"
        for _unused in range(len(fetching.PAUSES) + 3):
            Attachment.objects.update(try_again_at=timezone.now())
            tasks.fetch_file(file.pk)
        file.refresh_from_db()
        assert (file.state, file.tries) == ("waiting", 0)

        Attachment.objects.update(try_again_at=timezone.now(), expires_at=timezone.now())
        tasks.fetch_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.problem) == ("broken", "The message's files could not be stored.")


def test_slow_servers_leave_threads_for_other_files(waiting, monkeypatch):
    asked, go_on = threading.Semaphore(0), threading.Event()

    def answer(sock):
        asked.release()
        go_on.wait(20)
        sock.sendall(http_answer(200, b"Hello"))

    monkeypatch.setattr(tasks.fetch_file, "apply_async", lambda *_arguments, **_options: None)
    with ScriptedServer(answer) as server:
        first, second, third = waiting(*[f"{server.url}/{number}" for number in range(3)])

        def ask_the_third():
            asked.acquire()
            asked.acquire()
            tasks.fetch_file(third.pk)  # returns at once
            go_on.set()

        at_once(lambda: tasks.fetch_file(first.pk), lambda: tasks.fetch_file(second.pk), ask_the_third)

    third.refresh_from_db()
    assert (third.state, third.tries) == ("waiting", 0)
    assert Attachment.objects.filter(state="stored").count() == 2
