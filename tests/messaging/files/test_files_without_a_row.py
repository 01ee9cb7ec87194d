"""No stored byte without a row, and no row without its bytes, whatever fails in between."""

import io
import os
import time

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from messaging import tasks
from messaging.files import retention, storage, taking_out
from messaging.models import Attachment, Message

HELLO = {"a.txt": b"Hello"}


def age(file_folder, days=2):
    then = time.time() - days * 86_400
    for path in file_folder.rglob("*"):
        os.utime(path, (then, then))


class Breaks(io.BytesIO):
    """A content that can't be read to its end."""

    def read(self, size=-1):
        if self.tell() >= 100_000:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_what_could_not_be_stored_whole_leaves_nothing(file_folder, stored):
    with pytest.raises(storage.StorageError, match="Input/output error"):
        storage.keep(Breaks(bytes(300_000)))

    assert stored() == []


def test_a_file_without_a_row_goes_after_a_day(bring, file_folder, stored):
    taking_out.take_out(bring(HELLO).pk)
    storage.keep(io.BytesIO(b"of a worker that was killed"))
    (file_folder / "somebody else's.txt").write_bytes(b"keep")

    tasks.remove_files_without_a_row()
    assert len(stored()) == 3
    age(file_folder)
    assert (retention.remove_files_without_a_row(), retention.remove_files_without_a_row()) == (1, 0)
    assert stored() == [b"Hello", b"keep"]


def test_it_is_looked_at_once_more_before_it_goes(bring, file_folder, stored, monkeypatch):
    file = storage.keep(io.BytesIO(b"Hello"))
    age(file_folder)
    found = retention.files_without_a_row

    def found_and_then_it_gets_a_row():
        names = list(found())
        now = timezone.now()
        Attachment.objects.create(
            message=bring(HELLO),
            state="stored",
            name="a",
            file=file,
            stored_at=now,
            expires_at=Attachment.end_of(now),
        )
        return names

    monkeypatch.setattr(retention, "files_without_a_row", found_and_then_it_gets_a_row)
    assert retention.remove_files_without_a_row() == 0
    assert stored() == [b"Hello"]


class TestACommitWhoseEndIsNotKnown:
    """The connection is lost while the database commits: it may have, or not."""

    @pytest.fixture
    def lose(self, monkeypatch):
        def lose(at, *, committed):
            commit, commits = connection.commit, []

            def commit_and_lose():
                commits.append(1)
                if len(commits) != at:
                    commit()
                    return
                if committed:
                    commit()
                raise OperationalError("server closed the connection unexpectedly")

            monkeypatch.setattr(connection, "commit", commit_and_lose)

        return lose

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("committed", [True, False])
    def test_taking_out(self, bring, lose, committed, monkeypatch, stored, file_folder):
        message = bring(HELLO)
        lose(2, committed=committed)  # the first commit is the try's
        tasks.take_out_files(message.pk)
        monkeypatch.undo()
        assert stored() == [b"Hello"]

        Message.objects.update(body_try_at=None)
        taking_out.take_out(message.pk)
        [file] = message.attachments.all()
        assert storage.open_kept(file.file).read() == b"Hello"
        age(file_folder)
        retention.remove_files_without_a_row()
        assert stored() == [b"Hello"]

    @pytest.mark.django_db(transaction=True)
    def test_what_failed_before_the_commit_leaves_nothing(self, bring, stored, settings):
        message = bring({"a" * 90: b"Hello"})
        Attachment.objects.create(  # in the way
            message=message, state="broken", name="x", stored_at=timezone.now(), expires_at=timezone.now()
        )
        tasks.take_out_files(message.pk)

        assert stored() == []
        message.refresh_from_db()
        assert message.body_tries == 1


class Unreachable(storage.SyncedFolder):
    """A storage that can't be asked, as a service behind a broken network."""

    def _fails(self, *_arguments, **_options):
        raise RuntimeError("credentials AKIA-secret")

    save = delete = open = exists = listdir = _fails


def test_whatever_storage_fails_it_is_one_error_without_the_service_s_words(settings, file_folder, db):
    files = {"BACKEND": f"{__name__}.Unreachable", "OPTIONS": {"location": str(file_folder)}}
    settings.STORAGES = {**settings.STORAGES, "files": files}
    for ask in (
        lambda: storage.keep(io.BytesIO(b"x")),
        lambda: storage.drop("a"),
        lambda: storage.open_kept("a"),
        lambda: storage.exists("a"),
        lambda: list(storage.older_than(retention.NEW)),
    ):
        with pytest.raises(storage.StorageError) as raised:
            ask()
        assert "secret" not in str(raised.value)
    taking_out.discard([Attachment(file="a", preview="b")])


def test_what_is_not_there_is_no_error_of_the_storage(file_folder):
    storage.drop("2026/01/01/none")
    assert not storage.exists("2026/01/01/none")
    with pytest.raises(FileNotFoundError):
        storage.open_kept("2026/01/01/none")
