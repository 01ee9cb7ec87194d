"""Whatever a message brings as a file is there, or said to be missing; and its body stays for a person to look at."""

import base64
import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from channels_app.providers.apidaze.adapter import Apidaze
from messaging.files import fetching, taking_out
from messaging.models import Message, TrafficCount
from tests.conftest import CUSTOMER, NUMBER

HELLO = base64.b64encode(b"Hello").decode()


@pytest.fixture
def taken(bring, settings):
    """What becomes of a message's files: their states, and whether the body stays."""

    def taken(files, **options):
        message = bring(files, **options)
        taking_out.take_out(message.pk)
        kept = list(Path(settings.SPOOL_FOLDER).glob("*.body"))
        return [(file.state, file.problem) for file in message.attachments.all()], len(kept)

    return taken


UNKNOWN = ("broken", "It came in a form that is not known.")


@pytest.mark.parametrize(
    "files",
    [12, True, [1], "12", "see attachment", "//cdn.example.com/x.jpg", [{"name": "a.jpg", "payload": HELLO}]],
)
def test_what_is_not_understood_is_said(taken, files):
    assert taken(files) == ([UNKNOWN], 1)


def test_so_is_what_is_no_address(taken):
    broken = ("broken", "The file's address can't be used.")
    assert taken([{"url": "//cdn.example.com/x.jpg"}]) == ([broken], 1)
    assert fetching.due() == []


def test_a_short_content_in_no_quotes_is_a_file(taken):
    assert taken(HELLO) == ([("stored", "")], 0)


def test_of_more_files_than_a_hundred_the_rest_is_counted(taken):
    files, kept = taken({f"{number}.txt": b"Hello" for number in range(107)})

    assert files[:100] == [("stored", "")] * 100
    assert files[100:] == [("broken", "7 more were left out: a message has at most 100 files.")]
    assert kept == 1


def test_a_form_s_plus_is_not_lost(client, channel, rule, stored):
    content = b"A\xfb\xef\xbe\xfb" * 100
    encoded = base64.b64encode(content).decode()
    assert "+" in encoded
    body = f"from={CUSTOMER[1:]}&to={NUMBER[1:]}&files={quote_plus('{')}'a.bin':'{encoded}'{quote_plus('}')}"
    client.post(
        f"/webhooks/apidaze/{channel.webhook_token}/",
        body,
        content_type="application/x-www-form-urlencoded",
    )
    taking_out.take_out(Message.objects.get().pk)

    assert stored() == [content]


def test_an_adapter_that_finds_nothing_is_not_believed(taken, monkeypatch):
    monkeypatch.setattr(Apidaze, "read_files", lambda *_arguments: [])

    assert taken({"a.txt": b"Hello"}) == ([("broken", "The message's files could not be read.")], 1)


@pytest.mark.parametrize("files", [{"x.smil": HELLO}, [{"filename": "a.SMI", "data": HELLO}], {"x.smil": ""}])
def test_a_message_with_layout_only_has_no_files(taken, files, client, anna, queue):
    assert taken(json.dumps(files)) == ([], 0)

    message = Message.objects.get()
    assert (message.has_files, message.body_file) == (False, "")
    assert TrafficCount.objects.all().totals()["with_files"] == 0
    client.force_login(anna.user)
    page = client.get(f"/inbox/{message.session_id}/").content.decode()
    assert "attachments" not in page
    assert "being read" not in page
