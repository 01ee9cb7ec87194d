"""Live: what happens appears on open pages because they hear of it, not because they ask."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Iterator

import pytest
import requests
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from messaging.inbox.conversation import PAGE
from messaging.models.person import Person
from messaging.outbound import answering
from tests.conftest import CUSTOMER, NUMBER
from tests.inbox.browser.open_page import pages
from tests.support.events_process import EventsProcess
from tests.support.stack import free_ports
from tests.support.web_server import WebServer
from tests.support.workers import Broker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]

SOON = 15_000  # ms
DOES_NOT_ASK = "window.setInterval = () => 0;"  # what a page learns then, it was told


@pytest.fixture
def broker():
    broker = Broker().start()
    yield broker
    broker.kill()


@pytest.fixture
def live(broker, tmp_path, db):
    """The web process, and the events process beside it."""
    [port] = free_ports(1)
    with WebServer(tmp_path, REDIS_URL=broker.url, EVENTS_PORT=str(port)) as server:
        events = EventsProcess(tmp_path, port, server.environment).start()
        yield server, events
        events.stop()


def arrive(server: WebServer, channel, text: str, sender: str = CUSTOMER) -> None:
    body = {
        "type": "incomingWebhookSMS",
        "caller_id_number": sender[1:],
        "destination_number": NUMBER[1:],
        "text": text,
    }
    address = f"{server.origin}/webhooks/apidaze/{channel.webhook_token}/"
    assert requests.post(address, data=json.dumps(body), timeout=10).status_code == 200


def post(server: WebServer, client: Client, path: str, **form: str) -> requests.Response:
    """What a button of this person's page does."""
    return requests.post(
        server.origin + path,
        cookies={**cookie_of(client), settings.CSRF_COOKIE_NAME: "x" * 32},
        headers={"X-CSRFToken": "x" * 32, "Referer": server.origin},
        data=form,
        timeout=10,
    )


def see_once(page: Page, text: str) -> None:
    expect(page.locator(".bubble", has_text=text)).to_have_count(1, timeout=SOON)


def cookie_of(client: Client) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {name: client.cookies[name].value}


def next_event(lines: Iterator[bytes]) -> list[str]:
    event: list[str] = []
    for line in lines:
        if line.startswith((b"event:", b"data:")):
            event.append(line.decode())
        elif event and not line:
            return event
    raise AssertionError("the stream ended")


def next_hint(lines: Iterator[bytes]) -> str:
    """All are told to catch up once more, six seconds after the events process has come to hear."""
    while (event := next_event(lines))[0] != "event: hint":
        pass
    return event[1]


def test_ten_tabs_hear_of_everything_through_one_stream_and_miss_nothing(
    live, broker, waiting, channel, rule, anna, ben, browser_of
):
    """Over 5 s: eleven pages load, and the events process is killed and comes back."""
    server, events = live
    mine, colleague = browser_of(anna), browser_of(ben)
    path = f"/inbox/{waiting.pk}/?tab=queue"
    with pages(server.origin) as opened:
        first, other = opened.open(mine, path), opened.open(colleague, path)
        tabs = [first]
        for page in (first, other):
            page.context.add_init_script(DOES_NOT_ASK)
            page.reload()
        for _number in range(9):
            tab = first.context.new_page()
            tab.goto(server.origin + path)
            tabs.append(tab)
        for page in (*tabs, other):
            see_once(page, "Where is my order?")

        arrive(server, channel, "Anybody there?")
        for page in (*tabs, other):
            page.bring_to_front()
            see_once(page, "Anybody there?")
        assert events.streams() == 2

        events.kill()
        for number in range(3):
            arrive(server, channel, f"While it was dead {number}")
        events.start()
        for page in (tabs[9], other):
            page.bring_to_front()
            for number in range(3):
                see_once(page, f"While it was dead {number}")

        broker.kill()
        arrive(server, channel, "While the broker was dead")
        broker.start()
        for page in (tabs[9], other):
            page.bring_to_front()
            see_once(page, "While the broker was dead")

        tabs[9].bring_to_front()
        tabs[9].get_by_role("button", name="Pick up").click()
        other.bring_to_front()
        expect(other.get_by_text("1001 Anna has this session now.")).to_be_visible(timeout=SOON)


def test_the_stream_is_for_people_of_this_portal_and_tells_each_what_is_theirs(
    live, waiting, channel, rule, anna, ben, carla, browser_of
):
    server, events = live
    address = f"http://127.0.0.1:{events.port}/events/"

    def ask(person=None, **headers: str) -> requests.Response:
        found = cookie_of(browser_of(person)) if person else None
        return requests.get(address, cookies=found, headers=headers, stream=True, timeout=10)

    assert ask().status_code == 401
    assert ask(anna, Origin="http://elsewhere.example").status_code == 403
    assert requests.post(address, timeout=10).status_code == 404
    own = ask(anna, Origin=server.origin)
    assert own.headers["Access-Control-Allow-Origin"] == server.origin
    own.close()

    streams = {person: ask(person) for person in (anna, ben, carla)}
    lines = {person: stream.iter_lines(chunk_size=1) for person, stream in streams.items()}
    for person in streams:
        assert next_event(lines[person]) == ["event: catch-up", "data:"]

    arrive(server, channel, "For the queue")
    for person in (anna, ben):
        assert next_hint(lines[person]) == f"data: [{waiting.pk}]"

    posted = post(server, browser_of(anna), f"/inbox/{waiting.pk}/transfer/", target=f"extension:{carla.pk}")
    assert posted.status_code == 200
    assert next_hint(lines[carla]) == f"data: [{waiting.pk}]"  # the first that was hers
    for stream in streams.values():
        stream.close()


def test_without_shared_workers_a_page_hears_too_even_of_what_stands_far_above(
    live, waiting, receive, channel, anna, ben, browser_of
):
    server, _events = live
    above = answering.answer(Person.at(anna), waiting.pk, "It will leave", uuid.uuid4())
    for number in range(PAGE):
        receive(f"Line {number}")
    mine, colleague = browser_of(anna), browser_of(ben)
    with pages(server.origin) as opened:
        page = opened.open(mine)
        page.add_init_script("delete window.SharedWorker;" + DOES_NOT_ASK)
        page.goto(f"{server.origin}/inbox/{waiting.pk}/?tab=queue")
        page.get_by_role("link", name="Earlier messages").click()
        line = page.locator(f"#message-{above.pk}")
        expect(line.locator(".status")).to_contain_text("Queued")
        arrive(server, channel, "Anybody there?")
        see_once(page, "Anybody there?")
        assert post(server, colleague, f"/inbox/{waiting.pk}/{above.pk}/cancel/").status_code == 200
        expect(line.locator(".status")).to_contain_text("Cancelled", timeout=SOON)


def test_under_many_hints_the_list_is_read_once_a_second_and_shows_the_last(
    live, waiting, channel, anna, browser_of
):
    server, _events = live
    mine = browser_of(anna)
    with pages(server.origin) as opened:
        page = opened.open(mine)
        page.add_init_script(DOES_NOT_ASK)
        with page.expect_response("**/inbox/list/*"):  # it catches up: it hears
            page.goto(server.origin + "/inbox/?tab=queue")
        read_at: list[float] = []
        page.on("request", lambda request: "/inbox/list/" in request.url and read_at.append(time.monotonic()))
        began_at = time.monotonic()
        for number in range(40):
            arrive(server, channel, f"Are you there? {number}")
            page.wait_for_timeout(50)
        expect(page.locator("#list")).to_contain_text("Are you there? 39", timeout=SOON)
        assert 3 <= len(read_at) <= 4 + time.monotonic() - began_at


def test_where_the_stream_never_answers_the_page_asks_by_itself(tmp_path, waiting, channel, browser_of, anna):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        mine = browser_of(anna)
        with (
            WebServer(tmp_path, REDIS_URL="redis://127.0.0.1:1/0", EVENTS_PORT=port) as server,
            pages(server.origin) as opened,
        ):
            page = opened.open(mine, f"/inbox/{waiting.pk}/?tab=queue")
            see_once(page, "Where is my order?")
            arrive(server, channel, "Anybody there?")
            see_once(page, "Anybody there?")
