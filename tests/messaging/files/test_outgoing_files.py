"""Files on their way out: uploaded beside a text, sent with it, handed to the ITSP as links."""

import datetime as dt
import time
import uuid
from io import BytesIO

import pytest
from django.utils import timezone

from channels_app.models import Domain, RoutingRule
from messaging.files import retention, storage, uploads
from messaging.models import Attachment, Message, Session, TrafficCount
from messaging.models.person import Person
from messaging.outbound import answering, resolving
from messaging.refusal import NotFoundError, RefusedError
from messaging.sending import claims, expiry, loop
from messaging.sending.claims import Wanted
from messaging.sessions import closing
from tests.conftest import OTHER_NUMBER
from tests.messaging.arrivals import arrive

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


pytestmark = pytest.mark.usefixtures("file_folder")


@pytest.fixture
def session(channel, anna_rule) -> Session:
    """Anna's, of a channel whose ITSP is played on this machine: it needs no domain."""
    return arrive(channel, recipient=OTHER_NUMBER).message.session


def put(session, seat, content=PNG, name="photo.png") -> Attachment:
    return uploads.upload(Person.at(seat), session.pk, BytesIO(content), len(content), name)


def send(session, seat, text, *files, key=None) -> Message:
    ids = [each.pk for each in files]
    return answering.answer(Person.at(seat), session.pk, text, key or uuid.uuid4(), ids)


def test_a_draft_becomes_a_file_of_the_message_that_is_sent_with_it(session, anna):
    draft = put(session, anna)
    message = send(session, anna, "Look", draft)

    (file,) = message.attachments.all()
    assert (file.pk, file.name, file.content_type, file.size) == (
        draft.pk,
        "photo.png",
        "image/png",
        len(PNG),
    )
    assert (file.draft_session, file.uploader, len(file.link_token)) == (None, None, 43)
    assert message.has_files
    assert message.segments == 0
    assert not Attachment.objects.drafts(anna, session.pk).exists()


def test_files_are_sent_in_the_order_in_which_the_form_names_them(session, anna):
    first, second = put(session, anna, name="a.png"), put(session, anna, name="b.png")

    message = send(session, anna, "", second, first)

    assert [each.name for each in message.attachments.all()] == ["b.png", "a.png"]


def test_one_press_with_files_is_one_message(session, anna):
    draft, key = put(session, anna), uuid.uuid4()

    first = send(session, anna, "Look", draft, key=key)

    assert send(session, anna, "Look", draft, key=key) == first
    with pytest.raises(RefusedError):  # the same key for the same text without its file
        send(session, anna, "Look", key=key)
    assert Message.objects.filter(direction="outbound").count() == 1


def test_an_empty_message_without_a_file_is_refused(session, anna):
    with pytest.raises(RefusedError):
        send(session, anna, "  ")


def test_a_draft_is_its_uploaders_and_its_sessions_alone(session, anna, ben, channel, rule):
    draft = put(session, anna)
    other = arrive(channel, sender="+13057673261", recipient=OTHER_NUMBER).message.session

    with pytest.raises(RefusedError):
        send(other, anna, "Look", draft)
    uploads.remove(ben, session.pk, draft.pk)  # not Ben's: nothing happens
    with pytest.raises(NotFoundError):
        put(session, ben)
    assert Attachment.objects.drafts(anna, session.pk).get() == draft


def test_a_file_that_is_gone_refuses_the_message_whole(session, anna):
    draft = put(session, anna)
    uploads.remove(anna, session.pk, draft.pk)

    with pytest.raises(RefusedError, match="attach it again"):
        send(session, anna, "Look", draft)
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_removed_draft_leaves_no_byte(session, anna, stored):
    draft = put(session, anna)
    assert len(stored()) == 1

    uploads.remove(anna, session.pk, draft.pk)

    assert stored() == []


def test_the_limit_holds_for_the_files_of_a_message_together(session, anna, settings, stored):
    settings.MAX_FILES_BYTES = 100
    put(session, anna, b"x" * 60)
    put(session, anna, b"x" * 40)  # exactly the limit

    with pytest.raises(RefusedError, match="in total"):
        put(session, anna, b"x")
    assert len(stored()) == 2


def test_a_file_over_the_limit_is_refused_before_it_is_read(session, anna, settings):
    settings.MAX_FILES_BYTES = 100
    body = BytesIO(b"x" * 101)

    with pytest.raises(RefusedError):
        uploads.upload(Person.at(anna), session.pk, body, 101, "x.txt")
    assert body.tell() == 0


def test_an_upload_that_is_cut_short_leaves_nothing(session, anna, stored):
    from messaging.files.spool import BodyCutShortError

    with pytest.raises(BodyCutShortError):
        uploads.upload(Person.at(anna), session.pk, BytesIO(b"x" * 10), 11, "x.txt")
    assert stored() == []
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>alert(1)</script>", "photo.jpg"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "logo.svg"),
        (b'<?xml version="1.0"?><svg/>', "logo.png"),
        (b"alert(1)", "script.js"),
        (b"alert(1)", "script.MJS "),
        (b"plain", "page.html"),
        (b"", "empty.txt"),
    ],
)
def test_what_a_browser_would_run_is_refused(session, anna, content, name, stored):
    with pytest.raises(RefusedError):
        put(session, anna, content, name)
    assert stored() == []


def test_without_a_domain_no_file_can_be_sent(session, anna, channel):
    channel.base_url = "https://api.apidaze.io"
    channel.save()

    with pytest.raises(RefusedError, match="domain"):
        put(session, anna)

    channel.domain = Domain.objects.create(host="sms.example.com")
    channel.save()
    put(session, anna)


def test_the_itsp_gets_links_on_the_channels_domain(session, anna, channel):
    channel.domain = Domain.objects.create(host="sms.example.com", port=8443)
    channel.accompanying_text = "A file for you"
    channel.save()
    message = send(session, anna, "", put(session, anna, name="Röntgen 1.png"), put(session, anna))

    (claim,) = claims.claim([Wanted(channel.pk, 5)])

    token, other = (each.link_token for each in message.attachments.all())
    assert claim.message.file_urls == (
        f"https://sms.example.com:8443/files/{token}/R%C3%B6ntgen%201.png",
        f"https://sms.example.com:8443/files/{other}/photo.png",
    )
    assert claim.message.text == "A file for you"
    message.refresh_from_db()
    assert message.text == ""


def test_a_text_goes_along_with_its_file(session, anna, channel):
    send(session, anna, "The invoice", put(session, anna))

    (claim,) = claims.claim([Wanted(channel.pk, 5)])

    assert claim.message.text == "The invoice"


@pytest.mark.django_db(transaction=True)
def test_a_message_whose_file_expired_before_it_left_has_failed(session, anna, channel, apidaze):
    message = send(session, anna, "Late", put(session, anna))
    after = send(session, anna, "After it")
    Attachment.objects.update(expires_at=timezone.now())
    channel.base_url = apidaze.base_url
    channel.set_credentials({"api_key": apidaze.api_key, "api_secret": apidaze.api_secret})
    channel.save()

    loop.drain(channel.pk)

    message.refresh_from_db()
    after.refresh_from_db()
    assert (message.status, message.failure_code) == ("failed", "file_expired")
    assert after.status == "sent"
    assert [each["body"] for each in apidaze.received()] == ["After it"]


def test_a_message_that_waits_fails_when_its_file_expires(session, anna, channel):
    message = send(session, anna, "Late", put(session, anna))
    assert expiry.fail_expired_files() == 0
    Attachment.objects.update(expires_at=timezone.now())

    assert expiry.fail_expired_files() == 1

    message.refresh_from_db()
    assert (message.status, message.failure_code) == ("failed", "file_expired")
    assert expiry.fail_expired_files() == 0


def test_send_again_sends_the_same_file_under_a_link_of_its_own(session, anna, stored):
    message = send(session, anna, "Look", put(session, anna))
    Message.objects.filter(pk=message.pk).update(status="failed", concluded_at=timezone.now())

    again = resolving.send_again(Person.at(anna), session.pk, message.pk)

    (old,), (new,) = message.attachments.all(), again.attachments.all()
    assert again.has_files
    assert (new.file, new.expires_at, new.name) == (old.file, old.expires_at, old.name)
    assert new.pk != old.pk
    assert new.link_token not in ("", old.link_token)
    assert len(stored()) == 1


def test_an_expired_file_is_not_sent_again(session, anna):
    message = send(session, anna, "Look", put(session, anna))
    Message.objects.filter(pk=message.pk).update(status="failed", concluded_at=timezone.now())
    Attachment.objects.update(expires_at=timezone.now())

    with pytest.raises(RefusedError, match="expired"):
        resolving.send_again(Person.at(anna), session.pk, message.pk)


@pytest.mark.django_db(transaction=True)
def test_a_message_with_files_counts_once_and_has_no_segments(session, anna, channel, apidaze):
    channel.base_url = apidaze.base_url
    channel.set_credentials({"api_key": apidaze.api_key, "api_secret": apidaze.api_secret})
    channel.save()
    before = TrafficCount.objects.totals()
    send(session, anna, "x" * 500, put(session, anna))

    loop.drain(channel.pk)

    after = TrafficCount.objects.totals()
    changes = {field: after[field] - before[field] for field in after if after[field] != before[field]}
    assert changes == {"sent": 1, "with_files": 1}
    assert storage.storage().exists(Attachment.objects.get().file)


def test_a_draft_that_expired_is_not_sent(session, anna):
    draft = put(session, anna)
    Attachment.objects.update(expires_at=timezone.now())

    with pytest.raises(RefusedError, match="attach it again"):
        send(session, anna, "Look", draft)


def test_a_session_that_is_closed_while_a_file_comes_in_keeps_nothing_of_it(session, anna, stored):
    class Slow(BytesIO):
        def read(self, size=-1):
            if Session.objects.get(pk=session.pk).is_open:
                closing.close(Person.at(anna), session.pk)
            return super().read(size)

    with pytest.raises(RefusedError, match="closed"):
        uploads.upload(Person.at(anna), session.pk, Slow(PNG), len(PNG), "photo.png")
    assert stored() == []
    assert not Attachment.objects.exists()


def test_a_draft_that_nobody_sent_goes_with_its_time(session, anna, stored, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    draft = put(session, anna)
    time_machine.move_to(draft.expires_at - dt.timedelta(microseconds=1), tick=False)
    assert retention.purge() == 0

    time_machine.move_to(draft.expires_at, tick=False)

    assert retention.purge() == 1
    assert stored() == []
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("name", ["x.js\u200b", "x.html\t", "x.svg\u202e", "x.vbs\u3000", "X.HTA", "x.jse"])
def test_nothing_invisible_after_the_extension_lets_a_refused_type_through(session, anna, name):
    with pytest.raises(RefusedError, match="web page"):
        put(session, anna, b"plain", name)


@pytest.mark.parametrize(
    "content", [b"See <!-- this --> note", b"RIFF\0\0\0\0WAVEiXML<?xml ?>", b"GIF89a<html>"]
)
def test_what_only_looks_a_little_like_a_page_is_sent(session, anna, content):
    assert put(session, anna, content, "harmless").content_type != "text/html"


def test_a_name_of_thousands_of_marks_costs_no_time(session, anna):
    began = time.process_time()

    put(session, anna, name="a" + "\u0300\u0323" * 100_000 + ".png")

    assert time.process_time() - began < 2  # it took 30 s, cut after it was normalised


def test_what_one_person_keeps_unsent_in_all_sessions_has_a_limit(session, anna, channel, settings):
    settings.MAX_FILES_BYTES = 100
    for number in range(uploads.MOST_DRAFTS):
        other = arrive(channel, sender=f"+1305767330{number}", recipient=OTHER_NUMBER).message.session
        put(other, anna, b"x" * 100)

    with pytest.raises(RefusedError, match="waiting unsent"):
        put(session, anna)


def test_a_disk_that_is_nearly_full_takes_no_more_files(session, anna, monkeypatch):
    monkeypatch.setattr(uploads, "ROOM_LEFT", 10**18)

    with pytest.raises(RefusedError, match="no space"):
        put(session, anna)


def test_a_body_that_comes_in_too_slowly_is_given_up(session, anna, monkeypatch, stored):
    monkeypatch.setattr(uploads, "PATIENCE", 0.0)
    monkeypatch.setattr(uploads, "SLOWEST", 10**12)

    with pytest.raises(uploads.TooSlowError):
        put(session, anna)
    assert stored() == []


def test_drafts_of_a_deleted_extension_go_with_their_time(session, anna, stored):
    put(session, anna)
    session.refresh_from_db()
    session.holder = None
    session.save()
    RoutingRule.objects.all().delete()
    anna.delete()

    assert Attachment.objects.count() == 1
    Attachment.objects.update(expires_at=timezone.now())
    assert retention.purge() == 1
    assert stored() == []
