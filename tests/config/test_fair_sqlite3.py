"""SQLite's writers stand in one line: across threads, across processes, and past one that dies."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from channels_app.models import MessageQueue
from config.fair_sqlite3.turnstile import Turn
from tests.support.stack import PROJECT
from tests.support.threads import at_once


@pytest.fixture
def lock_file(tmp_path):
    return str(tmp_path / "turn")


def test_the_turn_is_one_threads_at_a_time(lock_file):
    inside = most = 0
    guard = threading.Lock()

    def write() -> None:
        nonlocal inside, most
        turn = Turn(lock_file, 20)
        for _unused in range(20):
            with turn.held():
                with guard:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.0005)
                with guard:
                    inside -= 1
        turn.close()

    at_once(*[write] * 8)

    assert most == 1


def test_who_came_first_is_first(lock_file):
    first = Turn(lock_file, 20)
    first.take()
    order: list[int] = []

    def come(number: int) -> None:
        turn = Turn(lock_file, 20)
        with turn.held():
            order.append(number)
        turn.close()

    threads = [threading.Thread(target=come, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)  # so that they came one after the other
    first.close()
    for thread in threads:
        thread.join()

    assert order == list(range(6))


def test_a_turn_that_does_not_come_is_an_error_and_leaves_the_line(lock_file):
    holder, late, next_one = Turn(lock_file, 20), Turn(lock_file, 0.05), Turn(lock_file, 20)
    holder.take()

    with pytest.raises(OperationalError, match="locked"):
        late.take()
    holder.give_back()
    next_one.take()

    with pytest.raises(OperationalError, match="locked"):
        late.take()
    next_one.close()
    late.take()
    late.close()


def test_it_may_be_taken_and_given_back_again_and_again(lock_file):
    turn, other = Turn(lock_file, 0.05), Turn(lock_file, 0.05)

    turn.take()
    turn.take()
    turn.give_back()
    turn.give_back()
    other.take()
    with pytest.raises(OperationalError):
        turn.take()
    other.close()


def test_a_lock_file_that_cannot_be_used_is_an_error_of_the_database_and_leaves_the_line(tmp_path):
    (tmp_path / "database-turn").mkdir()
    turn = Turn(str(tmp_path / "database"), 0.05)
    for _unused in range(2):
        with pytest.raises(OperationalError, match="lock file"):
            turn.take()

    (tmp_path / "database-turn").rmdir()
    turn.take()
    turn.close()


def test_the_lock_file_has_the_rights_of_the_database(tmp_path):
    database = tmp_path / "database"
    database.touch()
    database.chmod(0o660)
    turn = Turn(str(database), 1)
    turn.take()
    turn.close()

    assert (tmp_path / "database-turn").stat().st_mode & 0o777 == 0o660


def test_a_killed_process_gives_its_turn_back(lock_file):
    program = f"""
        from config.fair_sqlite3.turnstile import Turn
        import time
        turn = Turn({lock_file!r}, 20)
        turn.take()
        print("taken", flush=True)
        time.sleep(60)
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=PROJECT, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    taken = threading.Event()

    def take() -> None:
        turn = Turn(lock_file, 20)
        turn.take()
        taken.set()
        turn.close()

    waiting = threading.Thread(target=take)
    waiting.start()
    try:
        assert not taken.wait(0.2)
        os.kill(holder.pid, signal.SIGKILL)
        assert taken.wait(10)
    finally:
        holder.kill()
        holder.wait()
        waiting.join()


only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's line of writers")


@only_sqlite
@pytest.mark.django_db(transaction=True)
class TestTheDatabase:
    def turn(self, timeout: float) -> Turn:
        return Turn(str(connection.settings_dict["NAME"]), timeout)

    def turn_is_free(self) -> bool:
        turn = self.turn(0.05)
        try:
            turn.take()
        except OperationalError:
            return False
        finally:
            turn.close()
        return True

    def test_a_transaction_holds_the_turn_until_it_is_committed(self):
        with transaction.atomic():
            assert not self.turn_is_free()
        assert self.turn_is_free()

    def test_or_rolled_back(self):
        with transaction.atomic():
            MessageQueue.objects.create(name="Support")
            transaction.set_rollback(True)
        assert self.turn_is_free()
        assert not MessageQueue.objects.exists()

    def test_or_its_connection_is_closed(self):
        with transaction.atomic():
            connection.close()
            assert self.turn_is_free()
        assert self.turn_is_free()

    def test_a_statement_without_a_transaction_waits_for_its_turn_and_gives_it_back(self):
        turn = self.turn(5)
        written = threading.Event()

        def write() -> None:
            MessageQueue.objects.create(name="Support")
            written.set()
            connection.close()

        turn.take()
        thread = threading.Thread(target=write)
        thread.start()
        assert not written.wait(0.2)
        turn.close()
        thread.join(10)

        assert written.is_set()
        assert self.turn_is_free()

    def test_or_ends_in_another_way(self, monkeypatch):
        def fail() -> None:
            raise MemoryError

        with monkeypatch.context() as patched:
            patched.setattr(connection, "_commit", fail)
            with pytest.raises(MemoryError), transaction.atomic():
                MessageQueue.objects.create(name="Support")
        assert self.turn_is_free()

    def test_reading_needs_no_turn(self):
        turn = self.turn(5)
        turn.take()
        assert list(MessageQueue.objects.all()) == []
        turn.close()
