"""Files out of a webhook's field: every spelling, however the body is cut into pieces."""

import base64
import io
import json
import tracemalloc
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.providers.base.file_scan import MOST_FILES, FileField

PICTURE = bytes(range(256)) * 3
NOTE = b"Hello"
P, N = base64.b64encode(PICTURE).decode(), base64.b64encode(NOTE).decode()


def files_in(value: str | bytes, size: int = 7, *, encoded: bool = False) -> list[tuple[str, bytes | str]]:
    found = []
    field = FileField(found, io.BytesIO, encoded=encoded)
    raw = value.encode() if isinstance(value, str) else value
    for start in range(0, len(raw), size):
        field.write(raw[start : start + size])
    field.end()
    return [
        (each.name, each.content.read() if each.content else each.address or f"! {each.problem}")
        for each in found
    ]


BOTH = [("IMG_1.jpg", PICTURE), ("note.txt", NOTE)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 10_000])
@pytest.mark.parametrize(
    "value",
    [
        json.dumps(f"{{'IMG_1.jpg': '{P}', 'note.txt': '{N}'}}"),
        json.dumps(f"{{'IMG_1.jpg': b'{P}', u'note.txt': '{N}'}}"),
        json.dumps(json.dumps({"IMG_1.jpg": P, "note.txt": N})),
        json.dumps({"IMG_1.jpg": P, "note.txt": N}),
        json.dumps({"IMG_1.jpg": {"content_type": "image/jpeg", "data": P}, "note.txt": {"base64": N}}),
        json.dumps([{"filename": "IMG_1.jpg", "base64": P}, {"filename": "note.txt", "content": N}]),
        json.dumps([{"base64": P, "type": "x", "filename": "IMG_1.jpg"}, {"data": N, "name": "note.txt"}]),
        json.dumps({"IMG_1.jpg": f"data:image/jpeg;base64,{P}", "note.txt": N}),
        json.dumps({"IMG_1.jpg": P.replace("+", "-").replace("/", "_"), "note.txt": N.rstrip("=")}),
        json.dumps({"IMG_1.jpg": "\n".join(P[i : i + 76] for i in range(0, len(P), 76)), "note.txt": N}),
        json.dumps(f"{{'IMG_1.jpg': '{P}', 'note.txt': '{N}'}}").replace("/", "\\/"),
    ],
)
def test_every_spelling_of_names_and_contents(value, size):
    assert files_in(value, size) == BOTH


@pytest.mark.parametrize("size", [1, 2, 3, 10_000])
def test_a_form_s_value_is_percent_encoded(size):
    value = quote_plus(f"{{'IMG_1.jpg': '{P}', 'note.txt': '{N}'}}")

    assert files_in(value, size, encoded=True) == BOTH


@pytest.mark.parametrize(
    "value",
    [
        '["https://files.example.com/a.jpg", "https://files.example.com/b"]',
        '[{"url": "https://files.example.com/a.jpg"}, {"media_url": "https://files.example.com/b", "size": 3}]',
        """ "['https://files.example.com/a.jpg', 'https://files.example.com/b']" """.strip(),
        '["https:\\/\\/files.example.com\\/a.jpg", "https:\\/\\/files.example.com\\/b"]',
    ],
)
def test_addresses(value):
    assert files_in(value) == [
        ("", "https://files.example.com/a.jpg"),
        ("", "https://files.example.com/b"),
    ]


def test_one_address_as_a_text():
    assert files_in('"https://files.example.com/a.jpg"') == [("", "https://files.example.com/a.jpg")]
    assert files_in(f'"data:image/png;base64,{N}"') == [("", NOTE)]
    assert files_in(f'"{P}"') == [("", PICTURE)]
    assert files_in(quote_plus("https://a.example/b?c=d"), encoded=True) == [("", "https://a.example/b?c=d")]
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


@pytest.mark.parametrize("value", ["null", '""', "[]", "{}", '"{}"', "false", "[null]", '[""]', "12"])
def test_nothing_is_no_file(value):
    assert [content for _, content in files_in(value) if content != "! The file is empty."] == []


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

    assert files_in(f'{{"deep": {deep}, "note.txt": "{N}"}}') == [("note.txt", NOTE)]


def test_not_more_files_than_anybody_sends():
    value = json.dumps({f"{number}.txt": N for number in range(MOST_FILES + 50)})

    assert len(files_in(value, 1000)) == MOST_FILES


@given(st.binary(max_size=300), st.integers(1, 50), st.booleans())
def test_garbage_raises_nothing(value, size, encoded):
    files_in(value, size, encoded=encoded)


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
