"""Uploading over HTTP: who may, what is refused before it is read, and how names are cleaned."""

import io
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from channels_app.models import Role, User
from messaging.files import uploads
from messaging.models import Attachment, Message
from messaging.models.person import Person
from messaging.sessions import closing
from tests.conftest import OTHER_NUMBER

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


pytestmark = pytest.mark.usefixtures("file_folder")


@pytest.fixture
def session(receive, anna_rule):
    """Anna's."""
    return receive("Hello", to=OTHER_NUMBER)


def put(client, session, content=PNG, name="photo.png", **headers):
    return client.post(
        reverse("upload-file", args=[session.pk]),
        content,
        content_type="application/octet-stream",
        headers={"X-File-Name": quote(name, safe=""), "HX-Request": "true", **headers},
    )


def send(client, session, text, *file_ids, key="7d444840-9dc0-11d1-b245-5ffdce74fad2"):
    data = {"text": text, "press_key": key, "files": file_ids}
    return client.post(reverse("answer", args=[session.pk]), data, headers={"HX-Request": "true"})


def test_an_upload_gives_its_line_for_the_composer_and_is_there_after_a_reload(session, anna, browser_of):
    client = browser_of(anna)

    answer = put(client, session, name="Foto “1”.png")

    draft = Attachment.objects.get()
    assert answer.status_code == 201
    for page in (answer, client.get(reverse("conversation", args=[session.pk]))):
        text = page.content.decode()
        assert f'name="files" value="{draft.pk}"' in text
        assert "Foto “1”.png" in text


def test_a_sent_file_shows_in_the_conversation_and_no_longer_in_the_composer(session, anna, browser_of):
    client = browser_of(anna)
    put(client, session)
    draft = Attachment.objects.get()

    assert send(client, session, "", draft.pk).status_code == 200

    page = client.get(reverse("conversation", args=[session.pk])).content.decode()
    assert reverse("file", args=[session.pk, draft.pk]) in page
    assert 'name="files"' not in page


@pytest.mark.parametrize("files", [["x"], ["-1"], ["99999999999999999999"], ["0"]])
def test_a_form_that_names_no_file_of_ones_own_sends_nothing(session, anna, browser_of, files):
    answer = send(browser_of(anna), session, "With a file", *files)

    assert answer.status_code == 422
    assert "attach it again" in answer.content.decode()
    assert not Message.objects.filter(direction="outbound").exists()


def test_who_may_not_answer_may_not_upload(session, anna, ben, supervisor, administrator, browser_of):
    nobody = User.objects.create_user("nobody", "secret words 123", role=Role.AGENT)
    for person in (ben, nobody):
        assert put(browser_of(person), session).status_code == 404
    for person in (supervisor, administrator):  # they see it, and have no extension to answer from
        assert put(browser_of(person), session).status_code == 422
    assert put(Client(), session).status_code == 401
    assert not Attachment.objects.exists()


def test_a_draft_is_out_of_reach_of_everybody_else(session, anna, ben, supervisor, browser_of):
    put(browser_of(anna), session)
    draft = Attachment.objects.get()
    for person in (ben, supervisor):
        browser_of(person).post(reverse("remove-file", args=[session.pk, draft.pk]))
    for person in (anna, ben, supervisor):  # not a file of the conversation yet
        assert browser_of(person).get(reverse("file", args=[session.pk, draft.pk])).status_code == 404
    assert Attachment.objects.get() == draft


def test_a_closed_session_takes_no_file(session, anna, browser_of):
    closing.close(Person.at(anna), session.pk)

    answer = put(browser_of(anna), session)

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert "closed" in answer.content.decode()


def test_a_foreign_page_cannot_upload(session, anna):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna.user, backend=django_settings.AUTHENTICATION_BACKENDS[-1])

    assert put(client, session).status_code == 403
    assert not Attachment.objects.exists()


class Unread(io.BytesIO):
    """A body that must not be read."""

    def read(self, *_size):
        raise AssertionError("the body was read")


def raw(client, session, length, content_type="application/octet-stream"):
    body = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(length), "CONTENT_TYPE": content_type}
    return client.generic(
        "POST", reverse("upload-file", args=[session.pk]), headers={"HX-Request": "true"}, **body
    )


def test_what_is_too_large_is_refused_before_it_is_read(session, anna, browser_of, settings):
    too_large = settings.MAX_FILES_BYTES + 1

    answer = raw(browser_of(anna), session, too_large)

    assert answer.status_code == 422
    assert "100.0\xa0MB" in answer.content.decode()


def test_a_large_body_is_read_only_for_people_who_are_signed_in_and_only_as_a_file(session, anna, browser_of):
    large = 5 * 1024 * 1024

    assert raw(Client(), session, large).status_code == 413
    assert raw(browser_of(anna), session, large, "multipart/form-data; boundary=x").status_code == 413


def test_a_body_without_a_length_is_refused(session, anna, browser_of):
    answer = browser_of(anna).generic(
        "POST",
        reverse("upload-file", args=[session.pk]),
        content_type="application/octet-stream",
        headers={"Transfer-Encoding": "chunked", "HX-Request": "true"},
    )

    assert answer.status_code == 411


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\anna\\Pictures\\photo.png", "photo.png"),
        ("a\r\nSet-Cookie: x=1.png", "a Set-Cookie_ x=1.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("x" * 300 + ".png", "x" * 96 + ".png"),
        ("", "file.png"),
        ("%zz%00.png", "%zz%00.png"),
        ("<script>.png", "_script_.png"),
    ],
)
def test_names_are_cleaned(session, anna, browser_of, name, stored):
    put(browser_of(anna), session, name=name)

    assert Attachment.objects.get().name == stored


def test_the_composer_says_why_no_file_can_be_sent(session, anna, browser_of, channel):
    channel.base_url = "https://api.apidaze.io"
    channel.save()
    client = browser_of(anna)

    assert "has no domain" in client.get(reverse("conversation", args=[session.pk])).content.decode()
    assert "has no domain" in put(client, session).content.decode()
    assert send(client, session, "Text only").status_code == 200


def test_a_message_takes_so_many_files_and_no_more(session, anna, browser_of, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    client = browser_of(anna)

    assert [put(client, session).status_code for _ in range(3)] == [201, 201, 422]


def test_what_an_upload_left_unsent_is_not_sent_with_the_next_text(session, anna, browser_of):
    put(browser_of(anna), session)

    send(browser_of(anna), session, "Without it")

    message = Message.objects.get(direction="outbound")
    assert not message.has_files
    assert Attachment.objects.drafts(anna, session.pk).count() == 1
