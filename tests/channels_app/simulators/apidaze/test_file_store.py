"""The simulator's files stay on disk, within their limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from channels_app.simulators.apidaze.files import FileStore, PhoneFile, name_in


@pytest.fixture
def store() -> Iterator[FileStore]:
    """Room for ten bytes."""
    store = FileStore(limit=10)
    yield store
    store.close()


def keep(store: FileStore, content: bytes) -> PhoneFile:
    file = PhoneFile(1, 0, "a.txt")
    with store.writing(file) as write:
        for position in range(0, len(content), 2):
            write(content[position : position + 2])
    return file


def test_beyond_the_limit_the_oldest_are_dropped(store: FileStore) -> None:
    files = [keep(store, content) for content in (b"1234", b"5678", b"90")]
    assert [file.path is not None for file in files] == [True, True, True]
    oldest = files[0].path

    files.append(keep(store, b"x"))

    assert [file.path is not None for file in files] == [False, True, True, True]
    assert oldest is not None
    assert not oldest.exists()
    assert (files[0].size, len(files[0].sha256)) == (4, 64)


def test_what_was_not_written_to_its_end_takes_no_room(store: FileStore) -> None:
    for _ in range(5):
        broken = PhoneFile(1, 0, "b.txt")
        with suppress(ConnectionError), store.writing(broken) as write:
            write(b"123456789")
            raise ConnectionError
        assert (broken.path, broken.sha256) == (None, "")

    kept = keep(store, b"1234567890")
    assert kept.path is not None
    assert [path.name for path in kept.path.parent.iterdir()] == [kept.path.name]


def test_dropping_makes_room_once(store: FileStore) -> None:
    file = keep(store, b"123456")
    store.drop(file)
    store.drop(file)
    files = [keep(store, b"12345"), keep(store, b"12345"), keep(store, b"1")]

    assert [file.path is not None for file in files] == [False, True, True]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://a.example/f/Gr%C3%BC%C3%9Fe.pdf?x=/y", "Grüße.pdf"),
        ("https://a.example/f/a%2Fb", "a/b"),
        ("https://a.example/", ""),
        ("https://a.example", ""),
    ],
)
def test_an_address_ends_with_the_files_name(address: str, name: str) -> None:
    assert name_in(address) == name
