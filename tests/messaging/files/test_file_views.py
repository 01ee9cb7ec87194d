"""Files for people: who gets them, until when, and that no browser runs anything of them."""

import re

import pytest
from django.test import Client

from channels_app.models import Role, User
from messaging.files import links, retention
from messaging.models import Session
from messaging.models.person import Person
from messaging.sessions import closing, pickup, transfer
from messaging.views.files import responses
from tests.messaging.arrivals import arrive
from tests.messaging.files.stored_files import add_file, add_linked_file, picture

pytestmark = pytest.mark.usefixtures("file_folder")

ALWAYS = {"supervisor", "administrator"}


@pytest.fixture
def session(channel, rule):
    """An open session without a holder in the queue of Anna and Ben."""
    arrive(channel)
    return Session.objects.get()


@pytest.fixture
def browsers(anna, ben, carla, supervisor, administrator):
    """A signed-in browser of everybody; Carla is in no queue, and the clerk has no extension."""
    clerk = User.objects.create_user("clerk", "secret words 123", role=Role.AGENT)
    users = {"anna": anna.user, "ben": ben.user, "carla": carla.user, "clerk": clerk}
    users |= {"supervisor": supervisor, "administrator": administrator}
    browsers = {name: Client() for name in users}
    for name, browser in browsers.items():
        browser.force_login(users[name])
    return browsers


@pytest.fixture
def who_gets(browsers):
    """The names of those who get a file by the address of a session; the others get no byte of it, by any address."""

    def who_gets(session, *files):
        getting = set()
        for name, browser in browsers.items():
            seen = {_gets(browser, session, file) for file in files}
            assert len(seen) == 1, f"{name} gets some of them and not others"
            getting |= {name} if seen == {True} else set()
        return getting

    return who_gets


def address_of(session, file, part=""):
    return f"/inbox/{session.pk}/files/{file.pk}/{part}"


def _gets(browser, session, file):
    """Whether all ways to a file agree that this browser gets it; if not, each is a 404 without a byte."""
    with responses.storage.storage().open(file.file) as stored:
        content = stored.read()
    whole = browser.get(address_of(session, file))
    quick = {"hx-request": "true"}  # else each 404 is a whole page
    others = [
        browser.get(address_of(session, file, "?download"), headers=quick),
        browser.get(address_of(session, file, "preview/"), headers=quick),
        browser.get(address_of(session, file), headers=quick | {"range": "bytes=0-9"}),
        browser.head(address_of(session, file), headers=quick),
        browser.head(address_of(session, file, "preview/"), headers=quick),
    ]
    if whole.status_code == 200:
        assert [each.status_code for each in others] == [200, 200, 206, 200, 200]
        assert (whole.content, others[0].content) == (content, content)
        return True
    for each in [whole, *others]:
        assert each.status_code == 404
        assert content[:10] not in each.content
        assert "ETag" not in each.headers
        assert file.name not in each.content.decode()
    return False


@pytest.fixture
def files(session):
    """A picture from the customer, and one to the customer."""
    return [
        add_file(session, picture(), "from-customer.jpg"),
        add_linked_file(session, picture(), "to-customer.jpg"),
    ]


class TestWhoGetsIt:
    """As the table of *who sees what* says, state by state."""

    def test_in_a_session_that_waits_its_queues_agents(self, session, files, who_gets):
        assert who_gets(session, *files) == ALWAYS | {"anna", "ben"}

    def test_in_a_session_with_a_holder_the_holder(self, session, files, who_gets, anna):
        pickup.pick_up(Person.at(anna), session.pk)

        assert who_gets(session, *files) == ALWAYS | {"anna"}

    def test_after_a_transfer_the_previous_holder_gets_nothing_any_more(
        self, session, files, who_gets, anna, carla
    ):
        pickup.pick_up(Person.at(anna), session.pk)
        transfer.transfer(Person.at(anna), session.pk, carla)

        assert who_gets(session, *files) == ALWAYS | {"carla"}

    def test_after_a_transfer_to_a_queue_its_agents(self, session, files, who_gets, anna, carla, queue):
        pickup.pick_up(Person.at(anna), session.pk)
        queue.agents.remove(anna)
        queue.agents.add(carla)
        transfer.transfer(Person.at(anna), session.pk, queue)

        assert who_gets(session, *files) == ALWAYS | {"ben", "carla"}

    def test_in_a_closed_session_who_held_it_last(self, session, files, who_gets, anna, carla):
        pickup.pick_up(Person.at(anna), session.pk)
        transfer.transfer(Person.at(anna), session.pk, carla)
        closing.close(Person.at(carla), session.pk)

        assert who_gets(session, *files) == ALWAYS | {"carla"}

    def test_in_a_closed_session_that_nobody_held_its_queues_agents(self, session, files, who_gets, anna):
        closing.close(Person.at(anna), session.pk)

        assert who_gets(session, *files) == ALWAYS | {"anna", "ben"}

    def test_of_an_earlier_session_who_may_see_the_present_one(
        self, session, files, who_gets, anna, carla, channel
    ):
        pickup.pick_up(Person.at(anna), session.pk)
        closing.close(Person.at(anna), session.pk)
        arrive(channel, "Hello again")
        present = Session.objects.get(status="open")
        transfer.transfer(Person.at(anna), present.pk, carla)

        assert who_gets(present, *files) == ALWAYS | {"carla"}
        assert who_gets(session, *files) == ALWAYS | {"anna"}

    def test_of_a_later_session_nobody_by_the_address_of_an_earlier_one(
        self, session, browsers, anna, channel
    ):
        closing.close(Person.at(anna), session.pk)
        arrive(channel, "Hello again")
        later = add_file(Session.objects.get(status="open"), picture(), "later.jpg")

        assert not any(_gets(browser, session, later) for browser in browsers.values())

    def test_of_another_customers_session_nobody_by_the_address_of_this_one(
        self, session, files, browsers, channel
    ):
        arrive(channel, sender="+13055550111")
        other = Session.objects.get(customer_number="+13055550111")

        assert not any(_gets(browser, other, file) for browser in browsers.values() for file in files)

    def test_nobody_who_is_not_signed_in_or_not_any_more(self, session, files, browsers, client, ben):
        ben.user.is_active = False
        ben.user.save()
        for browser in (client, browsers["ben"]):
            for file in files:
                for part in ("", "?download", "preview/"):
                    page = browser.get(address_of(session, file, part))
                    assert (page.status_code, page.content) == (302, b"")
                    assert page.headers["Location"].startswith("/sign-in/?next=")
                    asked = browser.get(address_of(session, file, part), headers={"hx-request": "true"})
                    assert (asked.status_code, asked.content) == (401, b"")

    def test_by_its_link_whoever_has_the_token_and_by_nothing_else(self, session, files, client, browsers):
        inbound, outbound = files

        assert client.get(links.address_of("", outbound)).status_code == 200
        for guess in (
            f"/files/{inbound.pk}/a.jpg",
            f"/files//{inbound.pk}",
            f"/files/{inbound.file}",
            "/files/",
        ):
            assert client.get(guess).status_code == 404
        assert outbound.link_token not in browsers["supervisor"].get(f"/inbox/{session.pk}/").content.decode()


def test_both_views_answer_up_to_the_instant_at_which_the_files_time_is_over(session, browsers, time_machine):
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    file = add_file(session, picture())
    browser = browsers["anna"]
    addresses = [address_of(session, file, part) for part in ("", "preview/", "?download")]

    time_machine.move_to("2026-03-04T11:59:59.999999Z", tick=False)
    assert [browser.get(each).status_code for each in addresses] == [200, 200, 200]
    time_machine.move_to("2026-03-04T12:00:00Z", tick=False)
    assert [browser.get(each).status_code for each in addresses] == [410, 410, 410]
    assert [browser.head(each).status_code for each in addresses] == [410, 410, 410]

    retention.purge()
    assert [browser.get(each).status_code for each in addresses] == [410, 410, 410]


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (b"<html><script>alert(1)</script></html>", "holiday.jpg", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "a.svg", "image/svg+xml"),
        (b"%PDF-1.7 /JavaScript (app.alert(1))", "bill.pdf", "application/pdf"),
        (b"Hello <script>alert(1)</script>", "note.txt", "text/html"),
        (b"Just words", "words.html", "text/plain"),
        (b"MZ" + bytes(99), "setup.exe", None),
        (b"", "empty.png", "application/octet-stream"),
    ],
)
def test_what_a_browser_might_run_is_for_download_only_by_every_address(
    session, browsers, client, content, name, content_type
):
    inbound, outbound = add_file(session, content, name), add_linked_file(session, content, name)

    for answer in (
        browsers["anna"].get(address_of(session, inbound)),
        browsers["anna"].get(address_of(session, outbound)),
        client.get(links.address_of("", outbound)),
        client.get(links.address_of("", outbound), headers={"range": "bytes=0-"}),
    ):
        if content or answer.status_code == 200:
            assert answer.headers["Content-Disposition"].startswith("attachment; ")
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert content_type in (None, answer.headers["Content-Type"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    preview = browsers["anna"].get(address_of(session, inbound, "preview/"))
    assert preview.status_code == 410


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="evil.exe',
        "a.jpg\r\nSet-Cookie: stolen=1",
        "a.jpg\n",
        "\r\n\r\n<script>",
        "фото 1.jpg",
        "\u202egpj.exe",
        "a\x00.jpg",
        "back\\slash.jpg",
        "a;b=c.jpg",
        "\ud800.jpg",
        "%0d%0aX-Evil: 1.jpg",
        "",
    ],
)
def test_a_name_adds_nothing_to_the_headers_of_an_answer(session, browsers, client, name):
    cleaned = add_linked_file(session, picture(), name)
    answers = [
        browsers["anna"].get(address_of(session, cleaned, part)) for part in ("", "?download", "preview/")
    ]
    answers.append(client.get(links.address_of("", cleaned)))
    if not {"\x00", "\ud800"} & set(name):  # which no database stores
        as_it_came = add_linked_file(session, picture(), "a.jpg", name=name)  # as if nothing had cleaned it
        answers.append(browsers["anna"].get(address_of(session, as_it_came)))

    for answer in answers:
        assert answer.status_code == 200
        assert not {"Set-Cookie", "X-Evil"} & set(answer.headers)
        shown = answer.headers["Content-Disposition"]
        # One name, in quotes without quotes, or escaped; and nothing behind it.
        assert re.fullmatch(
            r"""(inline|attachment); (filename="[^"\\\x00-\x1f\x7f-\uffff]+"|filename\*=utf-8''[\w.%~-]+)""",
            shown,
            re.ASCII,
        )
        assert "%E2%80%AE" not in shown


class TestPlayers:
    """A player asks for all the rest of a film, and stops reading where it is paused."""

    FILM = bytes(3 * 1024 * 1024)

    @pytest.fixture
    def film(self, session):
        return add_file(session, self.FILM, "a.mp4", content_type="video/mp4")

    def test_gets_the_beginning_of_an_open_part_and_asks_on(self, session, film, browsers):
        def ask(first, part=""):
            headers = {"range": f"bytes={first}-"}
            return browsers["anna"].get(address_of(session, film, part), headers=headers)

        first, last = ask(0), ask(len(self.FILM) - 10)
        assert (first.status_code, len(first.getvalue()), first.streaming) == (206, 1024 * 1024, False)
        assert first.headers["Content-Range"] == f"bytes 0-1048575/{len(self.FILM)}"
        assert (last.status_code, len(last.getvalue())) == (206, 10)
        # A download that goes on where it broke off gets all the rest.
        assert len(ask(5, "?download").getvalue()) == len(self.FILM) - 5

    def test_gets_a_part_with_an_end_as_it_is(self, session, film, browsers):
        headers = {"range": f"bytes=0-{len(self.FILM) - 1}"}

        assert len(browsers["anna"].get(address_of(session, film), headers=headers).getvalue()) == len(
            self.FILM
        )


@pytest.mark.django_db(transaction=True)
def test_a_place_is_given_back_whatever_becomes_of_an_answer(session, browsers, file_folder):
    file = add_file(session, bytes(2 * 1024 * 1024))
    browser, address = browsers["anna"], address_of(session, file)
    for _unused in range(10):
        browser.get(address).getvalue()  # read to its end
        browser.get(address).close()  # left at once
        begun = browser.get(address)
        next(iter(begun.streaming_content))
        begun.close()
        begun.close()
        del begun
        assert browser.get(address).status_code == 200  # dropped by whoever had it

    taken = [browser.get(address) for _unused in range(3)]
    assert [each.status_code for each in taken] == [200, 200, 503]
    assert taken[2].headers["Retry-After"] == "2"
    assert "Too many large files" in taken[2].content.decode()
    taken[0].close()
    taken[0].close()  # gives back its own place only
    again = [browser.get(address) for _unused in range(2)]
    assert [each.status_code for each in again] == [200, 503]
