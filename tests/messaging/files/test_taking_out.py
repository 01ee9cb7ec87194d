"""Files of inbound messages: from the webhook to the conversation, and gone when their time is over."""

import base64
import io
import json
import os
import time
import zlib
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image

from messaging.files import body_tries, previews, retention, spool, storage, taking_out
from messaging.models import Message, UnroutableMessage
from tests.conftest import CUSTOMER, NUMBER
from tests.messaging.files.stored_files import picture


def bomb(width=50_000, height=50_000):
    """A PNG of 2.5 billion pixels in a few kilobytes."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress(bytes((width // 8 + 1) * 100), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


pytestmark = pytest.mark.usefixtures("file_folder")


def stored_in(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


@pytest.fixture
def receive(client, channel, rule):
    def receive(files, text="Look"):
        body = {
            "type": "incomingWebhookMMS",
            "caller_id_number": CUSTOMER[1:],
            "destination_number": NUMBER[1:],
            "text": text,
            "files": repr({name: base64.b64encode(content).decode() for name, content in files.items()}),
        }
        address = f"/webhooks/apidaze/{channel.webhook_token}/"
        assert client.post(address, json.dumps(body), content_type="application/json").status_code == 200
        message = Message.objects.latest("pk")
        taking_out.take_out(message.pk)
        previews.make_due()
        return message

    return receive


def test_a_picture_is_stored_with_its_preview_and_the_request_goes(receive, file_folder):
    content = picture()
    message = receive({"IMG_1.jpg": content, "x.smil": b"<smil/>"})

    [file] = message.attachments.all()
    assert (file.name, file.content_type, file.size, file.state) == (
        "IMG_1.jpg",
        "image/jpeg",
        len(content),
        "stored",
    )
    with storage.storage().open(file.file) as stored:
        assert stored.read() == content
    with storage.storage().open(file.preview) as preview, Image.open(preview) as small:
        assert max(small.size) == 480
    message.refresh_from_db()
    assert (message.body_file, message.has_files) == ("", True)
    assert list(Path(spool._folder()).iterdir()) == []


def test_taking_out_twice_stores_once(receive, file_folder):
    message = receive({"a.jpg": picture()})
    before = stored_in(file_folder)

    assert taking_out.take_out(message.pk) == 0
    assert (stored_in(file_folder), message.attachments.count()) == (before, 1)


def test_a_worker_that_dies_before_its_rows_leaves_the_request_for_the_next(receive, monkeypatch, client):
    monkeypatch.setattr(taking_out, "take_out", lambda pk: 0)
    message = receive({"a.jpg": picture()})
    monkeypatch.undo()

    assert body_tries.due() == [message.pk]
    assert taking_out.take_out(message.pk) == 1
    assert body_tries.due() == []


@pytest.mark.parametrize(
    ("name", "content", "shown", "content_type"),
    [
        ("../../etc/passwd", b"root:x:0", "passwd.txt", "text/plain"),
        ("C:\\temp\\bill.pdf", b"%PDF-1.7 x", "bill.pdf", "application/pdf"),
        ("page.jpg", b"<html><script>alert(1)</script>", "page.jpg", "text/html"),
        ("drawing.png", b'<?xml version="1.0"?><svg onload="x()"/>', "drawing.png", "image/svg+xml"),
        ("photo.jpg.exe", picture(), "photo.jpg.exe", "image/jpeg"),
        ("\u202egpj.exe\u0000", b"MZ\x90\x00" + bytes(200), "gpj.exe", None),
        ("a" * 300 + ".jpg", picture(), "a" * 96 + ".jpg", "image/jpeg"),
        ("", picture(kind="PNG"), "file.png", "image/png"),
        ("...", b"\x00\x01\x02", "file.bin", "application/octet-stream"),
        ("фото 1.webp", picture(kind="WEBP"), "фото 1.webp", "image/webp"),
    ],
)
def test_names_are_cleaned_and_types_come_from_the_content(receive, name, content, shown, content_type):
    [file] = receive({name: content}).attachments.all()

    assert file.name == shown
    assert content_type is None or file.content_type == content_type
    assert Path(file.file).suffix == ""


@pytest.mark.parametrize("content", [bomb(), b"\x89PNG\r\n\x1a\n" + b"garbage", picture()[:400]])
def test_a_picture_that_is_none_or_far_too_large_has_no_preview_and_is_kept(receive, content):
    [file] = receive({"a.png": content}).attachments.all()

    assert (file.state, file.preview, file.size) == ("stored", "", len(content))


def test_a_broken_part_is_said_and_costs_neither_the_text_nor_the_others(receive, client, channel, rule):
    body = {
        "caller_id_number": CUSTOMER[1:],
        "destination_number": NUMBER[1:],
        "text": "Look",
        "files": {"bad.jpg": "!!!!", "good.txt": base64.b64encode(b"Hello").decode()},
    }
    address = f"/webhooks/apidaze/{channel.webhook_token}/"
    client.post(address, body, content_type="application/json")
    message = Message.objects.get()
    taking_out.take_out(message.pk)

    bad, good = message.attachments.all()
    assert (bad.state, bad.problem) == ("broken", "The content is not base64.")
    assert (good.state, good.content_type, message.text) == ("stored", "text/plain", "Look")


def test_files_are_together_at_most_as_large_as_the_limit(receive, settings):
    settings.MAX_FILES_BYTES = 1000
    first, second, third = receive({"a": bytes(600), "b": bytes(401), "c": bytes(400)}).attachments.all()

    assert [first.state, second.state, third.state] == ["stored", "broken", "stored"]
    assert "limit" in second.problem


def test_at_the_instant_its_time_is_over_the_link_is_gone_and_then_the_bytes(
    receive, client, anna, queue, file_folder, time_machine
):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    message = receive({"a.jpg": picture()})
    file = message.attachments.get()
    client.force_login(anna.user)
    address = f"/inbox/{message.session_id}/files/{file.pk}/"

    time_machine.move_to("2026-03-04T11:59:59Z", tick=False)
    assert (client.get(address).status_code, retention.purge()) == (200, 0)
    time_machine.move_to("2026-03-04T12:00:00Z", tick=False)
    assert client.get(address).status_code == 410
    assert "File expired" in client.get(f"/inbox/{message.session_id}/").content.decode()

    assert (retention.purge(), retention.purge()) == (1, 0)
    assert stored_in(file_folder) == []
    file.refresh_from_db()
    assert (file.state, file.file, file.preview, file.name) == ("expired", "", "", "a.jpg")


def test_a_purge_that_was_killed_half_way_is_finished_by_the_next(receive, file_folder, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    files = [receive({"a.jpg": picture()}).attachments.get() for _unused in range(3)]
    time_machine.move_to("2026-03-05T12:00:00Z", tick=False)
    storage.drop(files[0].file)  # as if it had died between the bytes and the row

    assert retention.purge(batch=2) == 3
    assert stored_in(file_folder) == []


def age(path, days=2):
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_the_spool_keeps_what_a_message_needs_and_nothing_else(client, channel, rule, monkeypatch, settings):
    body = {"caller_id_number": CUSTOMER[1:], "text": "Look", "files": {"a.txt": "SGVsbG8="}}
    address = f"/webhooks/apidaze/{channel.webhook_token}/"
    for number in (NUMBER, "+15550000000"):  # the second has no rule
        body["destination_number"] = number
        client.post(address, json.dumps(body), content_type="application/json")
    folder = Path(settings.SPOOL_FOLDER)
    needed = set(folder.iterdir())
    assert len(needed) == 2
    (folder / "of-a-request-that-got-503.body").write_bytes(b"x")
    (folder / "half.body.part").write_bytes(b"x")
    (folder / "new.body").write_bytes(b"x")
    for path in folder.iterdir():
        if path.name != "new.body":
            age(path)

    assert retention.sweep_spool() == 2
    assert set(folder.iterdir()) == needed | {folder / "new.body"}

    UnroutableMessage.objects.update(
        resolution="dismissed", resolved_at=timezone.now() - timezone.timedelta(hours=73), resolved_by="admin"
    )
    assert retention.sweep_spool() == 1


def test_files_without_a_row_and_rows_without_a_file_are_found(receive, file_folder, capsys):
    whole = receive({"a.jpg": picture()}).attachments.get()
    lost = receive({"b.txt": b"Hello"}).attachments.get()
    call_command("check_files")
    assert "agree" in capsys.readouterr().out

    storage.drop(lost.file)
    stray = Path(file_folder / storage.keep(io.BytesIO(b"x")))
    age(stray)
    with pytest.raises(CommandError, match="2 differences"):
        call_command("check_files")
    with pytest.raises(CommandError, match="1 difference"):
        call_command("check_files", "--delete")
    assert not stray.exists()
    assert storage.storage().exists(whole.file)


def test_the_conversation_shows_pictures_and_names(receive, client, anna, queue):
    message = receive({"IMG_1.jpg": picture(), "bill.pdf": b"%PDF-1.7 x"})
    client.force_login(anna.user)

    page = client.get(f"/inbox/{message.session_id}/").content.decode()

    first, second = message.attachments.all()
    assert f'src="/inbox/{message.session_id}/files/{first.pk}/preview/"' in page
    assert f'href="/inbox/{message.session_id}/files/{second.pk}/?download"' in page
    assert "bill.pdf" in page


def test_the_storage_is_the_one_of_the_settings():
    assert storage.storage() is storages["files"]
