"""Previews of pictures: small and turned right, and no picture harms anything but its own preview."""

import base64
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from celery import current_app
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from messaging import tasks
from messaging.files import previews, retention, storage
from messaging.files.storage import SyncedFolder
from messaging.files.taking_out import put_into
from messaging.models import Attachment, Message
from tests.conftest import CUSTOMER, NUMBER
from tests.messaging.arrivals import arrive
from tests.messaging.files.pictures import BLUE, RED, animation, noise, picture, png, turned_photo
from tests.messaging.files.test_sandbox import processes_of, wait_until
from tests.messaging.sending.test_senders import database_url
from tests.support.stack import PROJECT
from tests.support.threads import at_once

WHITE = (255, 255, 255)
# It does to GIFs and PNGs what a decoder's fault would let them do.
FAULTY_PROGRAM = f"""
import os, runpy, sys, time
head = sys.stdin.buffer.peek(8)
if head.startswith(b"GIF"):
    time.sleep(60)
if head.startswith(b"\\x89PNG"):
    os.kill(os.getpid(), {signal.SIGSEGV:d})
runpy.run_path({str(previews.PROGRAM)!r}, run_name="__main__")
"""


class WatchedFolder(SyncedFolder):
    """A storage at whose operations something happens."""

    before_save = before_open = after_delete = staticmethod(lambda name: None)

    def _save(self, name, content):
        WatchedFolder.before_save(name)
        return super()._save(name, content)

    def open(self, name, mode="rb"):
        WatchedFolder.before_open(name)
        return super().open(name, mode)

    def delete(self, name):
        super().delete(name)
        WatchedFolder.after_delete(name)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.SPOOL_FOLDER = tmp_path / "spool"
    files = {
        "BACKEND": "tests.messaging.files.test_previews.WatchedFolder",
        "OPTIONS": {"location": str(tmp_path / "home" / "files")},
    }
    settings.STORAGES = {**settings.STORAGES, "files": files}
    return tmp_path / "home" / "files"


@pytest.fixture
def make_file(channel, rule):
    """A stored file of a customer's message: `make_file(content)`."""

    def make_file(content, **values):
        arrive(channel, f"Look {Attachment.objects.count()}")
        message = Message.objects.latest("pk")
        Message.objects.filter(pk=message.pk).update(has_files=True)
        attachment = Attachment(message=message)
        put_into(attachment, io.BytesIO(content), "")
        for name, value in values.items():
            setattr(attachment, name, value)
        attachment.save()
        return attachment

    return make_file


@pytest.fixture
def faulty(tmp_path):
    program = tmp_path / "faulty.py"
    program.write_text(FAULTY_PROGRAM)
    return {"program": program, "limits": replace(previews.LIMITS, seconds=3)}


def stored_in(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def preview_of(attachment):
    """The preview as it is now, or None."""
    attachment.refresh_from_db()
    if not attachment.preview:
        return None
    with storage.storage().open(attachment.preview) as stored:
        made = Image.open(io.BytesIO(stored.read()))
        assert made.format == "JPEG"
        return made


def state_of(attachment):
    attachment.refresh_from_db()
    return attachment.preview != "", attachment.preview_due, attachment.preview_tries


def is_about(color, wanted):
    return all(abs(one - other) < 12 for one, other in zip(color, wanted, strict=True))


class TestMaking:
    def test_a_photo_is_turned_as_it_was_seen_and_tells_nothing_of_the_camera(self, make_file):
        file = make_file(turned_photo())

        assert previews.make(file.pk)
        made = preview_of(file)
        assert made.size == (320, 480)
        assert is_about(made.getpixel((160, 60)), RED)
        assert is_about(made.getpixel((160, 420)), BLUE)
        assert (dict(made.getexif()), "exif" in made.info) == ({}, False)
        assert state_of(file) == (True, False, 1)

    @pytest.mark.parametrize(
        ("content", "color"),
        [
            (picture("RGBA", color=(255, 0, 0, 0), kind="PNG"), WHITE),
            (picture("RGBA", color=(255, 0, 0, 128), kind="PNG"), (255, 127, 127)),
            (picture("P", color=0, kind="PNG", transparency=0), WHITE),
            (picture("LA", color=(0, 255), kind="PNG"), (0, 0, 0)),
            (picture("1", color=1, kind="PNG"), WHITE),
            (picture("I;16", color=32_768, kind="PNG"), (128, 128, 128)),
            (picture("RGB", kind="WEBP"), RED),
            (picture("RGBA", color=(255, 0, 0, 0), kind="WEBP"), WHITE),
            (picture("CMYK", color=(0, 255, 255, 0)), RED),
            (picture("L", color=128, progressive=True), (128, 128, 128)),
            (picture(kind="GIF"), RED),
            (animation("GIF"), RED),
            (animation("WEBP"), RED),
        ],
    )
    def test_every_kind_of_picture_has_its_colours(self, make_file, content, color):
        file = make_file(content)

        assert previews.make(file.pk)
        made = preview_of(file)
        assert made.size == (480, 320)
        assert is_about(made.getpixel((200, 100)), color)

    def test_a_storage_without_a_folder_will_do(self, make_file, settings):
        memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
        settings.STORAGES = {**settings.STORAGES, "files": memory}
        file = make_file(picture())

        assert previews.make(file.pk)
        assert preview_of(file).size == (480, 320)

    def test_a_picture_that_is_small_stays_as_large_as_it_is(self, make_file):
        file = make_file(picture(size=(40, 30)))
        previews.make(file.pk)
        assert preview_of(file).size == (40, 30)

    def test_storing_decodes_nothing_and_says_what_is_due(self, make_file):
        assert state_of(make_file(png(50_000, 50_000, 100))) == (False, True, 0)
        assert state_of(make_file(b"Hello")) == (False, False, 0)

    def test_what_is_no_picture_or_far_too_large_wants_none(self):
        assert previews.wants_preview("image/png", 20 * 1024 * 1024)
        assert not previews.wants_preview("image/png", 20 * 1024 * 1024 + 1)
        assert not previews.wants_preview("image/svg+xml", 1000)
        assert not previews.wants_preview("image/png", 0)


class TestHostilePictures:
    @pytest.mark.parametrize(
        "content",
        [
            png(50_000, 50_000, 100),
            png(20_000, 20_000, 20_000),
            png(5_010, 5_000, 5_000),
            b"\x89PNG\r\n\x1a\n" + b"garbage",
            picture()[:400],
            b"GIF89a" + bytes(50),
            b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(50),
        ],
        ids=["head of 50,000 x 50,000", "bomb", "just too large", "no PNG", "cut", "no GIF", "no WebP"],
    )
    def test_what_cannot_be_shown_small_has_no_preview_and_is_tried_once(self, make_file, content):
        file = make_file(content)

        assert previews.make_due() == 0
        assert state_of(file) == (False, False, 1)

    @pytest.mark.parametrize(
        "content",
        [png(20_000, 20_000, 20_000), picture(size=(5000, 5000), kind="PNG")],
        ids=["bomb", "large"],
    )
    def test_the_memory_of_this_process_does_not_grow(self, make_file, content):
        make_file(content)
        before = forget_peak()

        previews.make_due()
        assert peak() - before < 30 * 1024**2

    def test_a_child_that_may_not_have_the_memory_goes_without(self, make_file):
        """25 million pixels take the child 300 MB and more."""
        file = make_file(picture("RGBA", (5000, 5000), (255, 0, 0, 0), "PNG"))

        assert not previews.make(file.pk, limits=replace(previews.LIMITS, memory=200 * 1024**2))
        assert state_of(file) == (False, False, 1)

    def test_the_largest_that_is_taken_fits_into_the_limits(self, make_file):
        file = make_file(noise(5000))
        assert previews.make(file.pk)

    def test_one_that_hangs_or_crashes_is_tried_twice_and_holds_up_no_other(self, make_file, faulty):
        """Over 5 s: one that hangs is given up after 3 s, twice."""
        hangs, crashes = make_file(animation("GIF")), make_file(picture(kind="PNG"))
        good = [make_file(picture()), make_file(picture(kind="WEBP"))]

        assert previews.make_due(**faulty) == 2
        assert [state_of(each) for each in good] == [(True, False, 1)] * 2
        assert [state_of(each) for each in (hangs, crashes)] == [(False, True, 1)] * 2

        late = make_file(picture())
        assert previews.make_due(limit=1, **faulty) == 1
        assert state_of(late) == (True, False, 1)
        assert previews.make_due(**faulty) == 0
        assert [state_of(each) for each in (hangs, crashes)] == [(False, False, 2)] * 2
        assert (previews.make_due(), previews.make(hangs.pk)) == (0, False)

    def test_a_time_limit_far_too_small_costs_the_preview_only(self, make_file):
        file = make_file(picture())
        for _unused in range(3):
            previews.make(file.pk, limits=replace(previews.LIMITS, seconds=0.001))

        assert state_of(file) == (False, False, 2)
        with storage.storage().open(file.file) as stored:
            assert stored.read() == picture()


class TestMeanwhile:
    def test_a_file_that_expired_meanwhile_keeps_no_preview(self, make_file, folder, monkeypatch):
        file = make_file(picture())

        def expire(name):
            Attachment.objects.update(expires_at=timezone.now())
            assert retention.purge() == 1

        monkeypatch.setattr(WatchedFolder, "before_save", staticmethod(expire))
        assert not previews.make(file.pk)
        assert (stored_in(folder), state_of(file)) == ([], (False, False, 1))

    def test_a_file_whose_time_is_over_gets_none_before_it_is_purged(self, make_file, folder, monkeypatch):
        file = make_file(picture())

        def expire(name):
            Attachment.objects.update(expires_at=timezone.now())

        monkeypatch.setattr(WatchedFolder, "before_save", staticmethod(expire))
        assert not previews.make(file.pk)
        assert state_of(file)[0] is False
        assert (retention.purge(), stored_in(folder)) == (1, [])

    def test_a_row_that_was_deleted_meanwhile_leaves_nothing(self, make_file, folder, monkeypatch):
        file = make_file(picture())

        def delete(name):
            storage.drop(file.file)
            Attachment.objects.all().delete()

        monkeypatch.setattr(WatchedFolder, "before_save", staticmethod(delete))
        assert not previews.make(file.pk)
        assert stored_in(folder) == []

    def test_a_purge_that_did_not_see_the_preview_comes_back_for_it(self, make_file, folder, monkeypatch):
        file = make_file(picture())
        Attachment.objects.update(expires_at=timezone.now())

        def preview_arrives(name):
            # As of a process whose clock is behind.
            WatchedFolder.after_delete = staticmethod(lambda name: None)
            Attachment.objects.update(preview=storage.keep(io.BytesIO(b"small")))

        monkeypatch.setattr(WatchedFolder, "after_delete", staticmethod(preview_arrives))
        assert retention.purge() == 1
        assert (stored_in(folder), state_of(file)) == ([], (False, False, 0))

    def test_two_who_make_the_same_one_keep_one(self, make_file, folder, monkeypatch):
        file = make_file(picture())

        def another_does(name):
            WatchedFolder.before_save = staticmethod(lambda name: None)
            assert previews.make(file.pk)

        monkeypatch.setattr(WatchedFolder, "before_save", staticmethod(another_does))
        assert not previews.make(file.pk)
        assert preview_of(file) is not None
        assert len(stored_in(folder)) == 2

    @pytest.mark.parametrize("operation", ["before_open", "before_save"])
    def test_a_storage_that_fails_costs_no_try(self, make_file, monkeypatch, operation):
        files = [make_file(picture()) for _unused in range(3)]

        def fail(name):
            raise OSError("no space left")

        monkeypatch.setattr(WatchedFolder, operation, staticmethod(fail))
        for _unused in range(3):
            assert previews.make_due() == 0
        assert [state_of(each) for each in files] == [(False, True, 0)] * 3
        monkeypatch.undo()
        assert previews.make_due() == 3

    def test_a_file_that_is_lost_is_not_looked_for_again(self, make_file):
        file = make_file(picture())
        storage.drop(file.file)

        assert previews.make_due() == 0
        assert state_of(file) == (False, False, 0)

    def test_a_worker_that_was_killed_leaves_the_preview_to_the_next(
        self, transactional_db, make_file, tmp_path, folder
    ):
        file = make_file(noise(5000))
        worker = start_worker(file, tmp_path / "home")
        wait_until(lambda: state_of(file) == (False, True, 1))
        worker.send_signal(signal.SIGKILL)
        worker.wait()

        assert state_of(file) == (False, True, 1)
        assert previews.make_due() == 1
        assert state_of(file) == (True, False, 2)
        assert len(stored_in(folder)) == 2

    def test_a_process_is_at_two_at_most_and_they_leave_none(self, transactional_db, make_file, tmp_path):
        files = [make_file(picture()) for _unused in range(6)]
        program = tmp_path / "noting.py"
        program.write_text(
            "import os, runpy, time\n"
            "time.sleep(0.3)\n"
            f"runpy.run_path({str(previews.PROGRAM)!r}, run_name='__main__')\n"
        )
        running, most = watch_children(program)

        made = at_once(*[lambda: previews.make_due(program=program)] * 5)

        running.set()
        assert sorted(made)[:3] == [0, 0, 0]
        assert (sum(made), max(most)) == (6, 2)
        assert all(state_of(each) == (True, False, 1) for each in files)

    def test_a_worker_that_is_to_end_begins_no_more(self, make_file, monkeypatch):
        monkeypatch.setattr(previews, "_stopping", threading.Event())
        file = make_file(picture())
        previews.stop()

        assert previews.make_due() == 0
        assert state_of(file) == (False, True, 0)


class TestShowing:
    def test_an_open_conversation_gets_the_preview_with_the_next_news(self, make_file, client, anna):
        file = make_file(picture(), name="IMG_1.jpg")
        client.force_login(anna.user)
        news = reverse("conversation-news", args=[file.message.session_id])
        answer = client.get(news)
        assert "IMG_1.jpg" in answer.content.decode()
        assert "<img" not in answer.content.decode()
        seen = answer.context["conversation"].version
        assert client.get(news, {"seen": seen}).status_code == 204

        previews.make(file.pk)
        answer = client.get(news, {"seen": seen})
        assert answer.status_code == 200
        [address] = re.findall(r'<img src="([^"]+)"', answer.content.decode())
        assert client.get(address).headers["Content-Type"] == "image/jpeg"

    def test_a_message_that_came_in_has_its_previews_at_once(self, client, channel, rule):
        body = {"caller_id_number": CUSTOMER[1:], "destination_number": NUMBER[1:], "text": "Look"}
        body["files"] = {"IMG_1.jpg": base64.b64encode(picture()).decode()}
        address = f"/webhooks/apidaze/{channel.webhook_token}/"
        assert client.post(address, json.dumps(body), content_type="application/json").status_code == 200

        tasks.take_out_files(Message.objects.get().pk)
        assert preview_of(Attachment.objects.get()) is not None

    def test_what_a_lost_ring_left_is_made_by_the_clock(self, make_file, settings):
        file = make_file(picture())

        [entry] = [
            each
            for each in settings.CELERY_BEAT_SCHEDULE.values()
            if each["task"] == tasks.make_previews.name
        ]
        assert entry["schedule"] <= 60
        route = current_app.amqp.router.route({}, tasks.make_previews.name)
        assert route["queue"].name == "files"
        tasks.make_previews()
        assert preview_of(file) is not None


def forget_peak():
    """Forgets what this process has taken at most; gives what it takes, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak():
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) * 1024


def start_worker(attachment, home):
    """A process that makes one preview on this test's database and files."""
    source = (
        f"import django; django.setup(); from messaging.files import previews; previews.make({attachment.pk})"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "TRUNKLINE_HOME": str(home),
        "DEBUG": "1",
    }
    return subprocess.Popen([sys.executable, "-c", source], cwd=PROJECT, env=environment)


def watch_children(program):
    """Counts how many processes run a program, until the event is set."""
    most, done = [0], threading.Event()

    def watch():
        while not done.wait(0.02):
            most.append(len(processes_of(program)))

    threading.Thread(target=watch, daemon=True).start()
    return done, most
