"""The files of a webhook body of Apidaze's."""

import base64
import io
import json
import tempfile
import tracemalloc
from urllib.parse import urlencode

from channels_app.providers.apidaze.inbound import read_files

PICTURE = bytes(range(256)) * 20
P = base64.b64encode(PICTURE).decode()


def read(body, open_file=io.BytesIO):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    files = read_files(io.BytesIO(raw), open_file)
    return [
        (file.name, file.content.read() if file.content else file.address or file.problem)
        for file in files
        if not file.is_layout
    ]


def test_files_as_apidaze_sends_them_without_the_layout():
    body = {"type": "incomingWebhookMMS", "text": "", "files": f"{{'IMG_1.jpg': '{P}', 'x.smil': '{P}'}}"}

    assert read(body) == [("IMG_1.jpg", PICTURE)]


def test_layout_is_told_apart_from_nothing():
    body = json.dumps({"files": {"x.smil": P, "y.SMI": "!", "z.smil": ""}}).encode()

    [only] = read_files(io.BytesIO(body), io.BytesIO)
    assert (only.is_layout, only.content, only.problem) == (True, None, "")


def test_files_and_addresses_of_several_fields():
    body = {
        "files": {"a.jpg": P},
        "text": "Hi",
        "media_urls": ["https://a.example/1"],
        "media": [{"url": "https://a.example/2"}],
    }

    assert read(body) == [("a.jpg", PICTURE), ("", "https://a.example/1"), ("", "https://a.example/2")]


def test_files_in_a_form():
    body = urlencode({"from": "13057673260", "to": "13052314933", "files": f"{{'a.jpg': '{P}'}}"}).encode()

    assert read(body) == [("a.jpg", PICTURE)]


def test_a_body_that_ends_early_keeps_what_was_whole_and_closes_the_rest():
    body = json.dumps({"files": {"a.jpg": P, "b.jpg": P}}).encode()
    opened = []

    def open_file():
        opened.append(io.BytesIO())
        return opened[-1]

    assert read(body[: -len(P) // 2], open_file) == [("a.jpg", PICTURE), ("b.jpg", "The file was cut short.")]
    assert [each.closed for each in opened] == [False, True]


def test_memory_stays_flat():
    piece = base64.b64encode(bytes(3 * 1024 * 1024))
    with tempfile.TemporaryFile() as body:
        body.write(b'{"text": "", "files": "{\'big.bin\': \'')
        for _ in range(10):
            body.write(piece)
        body.write(b"'}\"}")
        body.seek(0)
        tracemalloc.start()
        try:
            [file] = read_files(body, tempfile.TemporaryFile)
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert file.content is not None
    assert file.content.seek(0, io.SEEK_END) == 30 * 1024 * 1024
    file.content.close()
    assert peak < 4 * 1024 * 1024
