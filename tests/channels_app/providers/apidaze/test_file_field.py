"""Files out of a field of Apidaze's webhook: the known spellings, however the body is cut into pieces."""

import base64
import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.providers.apidaze.files import FileField
from channels_app.providers.base.file_list import MOST_FILES, FileList

PICTURE = bytes(range(256)) * 3
NOTE = b"Hello"
P, N = base64.b64encode(PICTURE).decode(), base64.b64encode(NOTE).decode()


def files_in(value: str | bytes, size: int = 7) -> list[tuple[str, bytes | str]]:
    found = FileList()
    field = FileField(found, io.BytesIO)
    raw = value.encode() if isinstance(value, str) else value
    for start in range(0, len(raw), size):
        field.write(raw[start : start + size])
    field.end()
    return [
        (each.name, each.content.read() if each.content else each.address or f"! {each.problem}")
        for each in found.files
    ]


UNKNOWN = "! It came in a form that is not known."
NOT_BASE64 = "! The content is not base64."
TOO_LONG = "! The file's address is too long."
BOTH = [("IMG_1.jpg", PICTURE), ("note.txt", NOTE)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 10_000])
@pytest.mark.parametrize(
    "value",
    [
        json.dumps(f"{{'IMG_1.jpg': '{P}', 'note.txt': '{N}'}}"),
        json.dumps(json.dumps({"IMG_1.jpg": P, "note.txt": N})),
        json.dumps({"IMG_1.jpg": P, "note.txt": N}),
        json.dumps([{"filename": "IMG_1.jpg", "base64": P}, {"filename": "note.txt", "content": N}]),
        json.dumps(
            [{"base64": P, "type": "x", "filename": "IMG_1.jpg"}, {"data": N, "filename": "note.txt"}]
        ),
        json.dumps({"IMG_1.jpg": P, "note.txt": N.rstrip("=")}),
        json.dumps({"IMG_1.jpg": "\n".join(P[i : i + 76] for i in range(0, len(P), 76)), "note.txt": N}),
        json.dumps(f"{{'IMG_1.jpg': '{P}', 'note.txt': '{N}'}}").replace("/", "\\/"),
    ],
)
def test_every_spelling_of_names_and_contents(value, size):
    assert files_in(value, size) == BOTH


@pytest.mark.parametrize(
    "value",
    [
        '["https://files.example.com/a.jpg", "https://files.example.com/b"]',
        '[{"url": "https://files.example.com/a.jpg"}, {"url": "https://files.example.com/b", "size": 3}]',
        """ "['https://files.example.com/a.jpg', 'https://files.example.com/b']" """.strip(),
        '["https:\\/\\/files.example.com\\/a.jpg", "https:\\/\\/files.example.com\\/b"]',
    ],
)
def test_addresses(value):
    assert files_in(value) == [
        ("", "https://files.example.com/a.jpg"),
        ("", "https://files.example.com/b"),
    ]


def test_an_address_under_a_name():
    assert files_in('{"a.jpg": "https://files.example.com/1"}') == [("a.jpg", "https://files.example.com/1")]


def test_names_with_quotes_escapes_and_other_alphabets():
    names = ["l'été.jpg", 'a"b.jpg', "фото.png", "emoji 😀.gif", "back\\slash"]
    as_json = dict.fromkeys(names, N)

    assert [name for name, _ in files_in(json.dumps(as_json))] == names
    assert [name for name, _ in files_in(json.dumps(repr(as_json)))] == names
    assert [name for name, _ in files_in(json.dumps(json.dumps(as_json)))] == names


def test_a_broken_part_costs_no_other():
    value = json.dumps({"bad.jpg": "!!! no base64 !!!", "empty.txt": "", "note.txt": N, "odd": "AAAAA"})

    assert files_in(value) == [
        ("bad.jpg", "! The content is not base64."),
        ("empty.txt", "! The file is empty."),
        ("note.txt", NOTE),
        ("odd", "! The content is not base64."),
    ]


def test_what_is_cut_short_is_said():
    value = json.dumps({"note.txt": N, "IMG_1.jpg": P})

    assert files_in(value[: len(value) // 2]) == [
        ("note.txt", NOTE),
        ("IMG_1.jpg", "! The file was cut short."),
    ]


@pytest.mark.parametrize("value", ["null", '""', "[]", "{}", '"{}"', "false", "[null]", '[""]', "0"])
def test_nothing_is_no_file(value):
    assert files_in(value) == []


@pytest.mark.parametrize(
    "value", [b"[" * 300_000, b'{"a":' * 100_000, b'[{"a":' * 50_000 + b'"x"' + b"}]" * 50_000]
)
def test_brackets_without_end_take_no_memory(value):
    tracemalloc.start()
    try:
        files_in(value, 10_000)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_what_stands_behind_the_deepest_brackets_is_found_all_the_same():
    deep = "[" * 50 + '{"a": "b"}' + "]" * 50

    assert files_in(f'{{"deep": {deep}, "note.txt": "{N}"}}') == [("deep", UNKNOWN), ("note.txt", NOTE)]


def test_not_more_files_than_anybody_sends():
    value = json.dumps({f"{number}.txt": N for number in range(MOST_FILES + 50)})

    *files, rest = files_in(value, 1000)
    assert files == [(f"{number}.txt", NOTE) for number in range(MOST_FILES)]
    assert rest == ("", "! 50 more were left out: a message has at most 100 files.")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
class TestNothingVanishesWithoutAWord:
    @pytest.mark.parametrize(
        ("value", "files"),
        [
            ("12", [("", UNKNOWN)]),
            ("true", [("", UNKNOWN)]),
            ("1" * 200, [("", UNKNOWN)]),
            ("[1, 2]", [("", UNKNOWN)] * 2),
            ('{"a.jpg": 12}', [("a.jpg", UNKNOWN)]),
            ('{"a.jpg": null}', [("a.jpg", "! The file is empty.")]),
            ('"12"', [("", UNKNOWN)]),
            ('"see attachment, and another"', [("", UNKNOWN)]),
            (f'"{N}"', [("", UNKNOWN)]),
            (f"\"'{N}'\"", [("", UNKNOWN)]),
            ('"https://files.example.com/a.jpg"', [("", UNKNOWN)]),
            (f"\"['{N}', '{N}']\"", [("", NOTE)] * 2),
            (f"\"{{'a.txt': b'{N}'}}\"", [("a.txt", UNKNOWN), ("a.txt", NOTE)]),
            ('["//cdn.example.com/x.jpg"]', [("", NOT_BASE64)]),
            ('[{"url": "//cdn.example.com/x.jpg"}]', [("", "//cdn.example.com/x.jpg")]),
            ('[{"url": "https://a.example/' + "x" * 5000 + '"}]', [("", TOO_LONG)]),
            ('["https://a.example/' + "x" * 5000 + '"]', [("", TOO_LONG)]),
            (f'[{{"filename": "a.jpg", "payload": "{P}"}}]', [("a.jpg", UNKNOWN)]),
            (f'[{{"filename": "a.jpg", "wrapped": {{"data": "{P}"}}}}]', [("a.jpg", UNKNOWN)]),
            (f'{{"a.jpg": {{"data": "{P}"}}, "b.txt": "{N}"}}', [("a.jpg", UNKNOWN), ("b.txt", NOTE)]),
            (f'[["{P}"], "{N}"]', [("", UNKNOWN), ("", NOTE)]),
            ('[{"filename": "a.jpg", "content": 5}]', [("a.jpg", UNKNOWN)]),
            ('[{"filename": "a.jpg"}]', [("a.jpg", "! The file is empty.")]),
            (f"{{a.jpg: {N[:-1]}}}", [("a.jpg", UNKNOWN)]),
            (f'{{"a.txt": "{N}{N}"}}', [("a.txt", NOT_BASE64)]),
            ('{"a.txt": "SGVs bG8="}', [("a.txt", NOT_BASE64)]),
            ('{"a.txt": "SGVs\\r\\nbG8=\\n"}', [("a.txt", NOTE)]),
            ('{"a.txt": "data:text/plain,Hello"}', [("a.txt", NOT_BASE64)]),
            ('{"a.txt": "SGVsbG8-"}', [("a.txt", NOT_BASE64)]),
        ],
    )
    def test_in_json(self, value, files, size):
        assert files_in(value, size) == files

    def test_what_belongs_to_a_file_is_no_file_of_its_own(self, size):
        value = [{"url": "https://a.example/1", "size": 3, "meta": {"width": 4, "tags": None}}]
        assert files_in(json.dumps(value), size) == [("", "https://a.example/1")]

    def test_of_two_contents_the_first_counts(self, size):
        value = [{"url": "https://a.example/1", "data": P}, {"data": "!", "content": P, "base64": N}]
        assert files_in(json.dumps(value), size) == [("", "https://a.example/1"), ("", PICTURE)]


@given(st.binary(max_size=300), st.integers(1, 50))
def test_garbage_raises_nothing(value, size):
    files_in(value, size)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=20) | st.just(N) | st.just("https://a.example/b"),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
        max_leaves=12,
    ),
    st.integers(1, 30),
)
def test_any_json_raises_nothing_and_does_not_depend_on_the_pieces(value, size):
    text = json.dumps(value)

    assert files_in(text, size) == files_in(text, 100_000)
    assert files_in(json.dumps(repr(value)), size) == files_in(json.dumps(repr(value)), 100_000)
