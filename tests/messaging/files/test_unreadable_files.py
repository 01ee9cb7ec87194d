"""Whatever a message brings as a file is there, or said to be missing; and its body stays for a person to look at."""

import base64
import json
from pathlib import Path

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
    [
        12,
        True,
        [1],
        "12",
        "see attachment",
        HELLO,
        "//cdn.example.com/x.jpg",
        [{"filename": "a.jpg", "payload": HELLO}],
        {"a.jpg": {"data": HELLO}},
    ],
)
def test_what_is_not_understood_is_said(taken, files):
    assert taken(files) == ([UNKNOWN], 1)


def test_so_is_what_is_no_address(taken):
    broken = ("broken", "The file's address can't be used.")
    assert taken([{"url": "//cdn.example.com/x.jpg"}]) == ([broken], 1)
    assert fetching.due() == []


def test_of_more_files_than_a_hundred_the_rest_is_counted(taken):
    files, kept = taken({f"{number}.txt": b"Hello" for number in range(107)})

    assert files[:100] == [("stored", "")] * 100
    assert files[100:] == [("broken", "7 more were left out: a message has at most 100 files.")]
    assert kept == 1


@pytest.mark.parametrize(
    ("files", "state"), [("{'a.bin': 'SGVsbG8%2B'}", "stored"), ("{'a.bin': 'SGVsbG8+'}", "broken")]
)
def test_a_content_that_lost_its_plus_in_a_form_is_not_half_stored(
    client, channel, rule, stored, files, state
):
    client.post(
        f"/webhooks/apidaze/{channel.webhook_token}/",
        f"from={CUSTOMER[1:]}&to={NUMBER[1:]}&files={files}",
        content_type="application/x-www-form-urlencoded",
    )
    message = Message.objects.get()
    taking_out.take_out(message.pk)

    assert message.attachments.get().state == state
    assert stored() == ([b"Hello>"] if state == "stored" else [])


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
