"""The main job, end to end, with real processes and a real browser: a customer writes and gets an answer."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import shared
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser]
CUSTOMER = "+13057673299"


@pytest.fixture
def stack() -> Stack:
    return shared.stack()


@pytest.fixture
def sign_in(stack, browser: Browser):
    """Opens a page as somebody: `sign_in("1001")`."""
    contexts = []

    def sign_in(name: str) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{stack.urls.web}/")
        page.get_by_label("Login name").fill(name)
        page.get_by_label("Password").fill(stack.sign_in[name])
        page.get_by_role("button", name="Sign in").click()
        return page

    yield sign_in
    for context in contexts:
        context.close()


def received(stack: Stack) -> list[dict[str, object]]:
    """What Apidaze was given for this customer."""
    with urllib.request.urlopen(f"{stack.urls.simulator}/control/received", timeout=5) as answer:  # noqa: S310
        requests = json.load(answer)["received"]
    return [
        request for request in requests if request["resource"] == "send" and request["to"] == CUSTOMER[1:]
    ]


def test_a_customers_text_is_picked_up_by_one_of_two_and_answered_once(stack, sign_in, browser):
    anna, ben = sign_in("1001"), sign_in("1002")
    phone = browser.new_page()
    phone.goto(stack.urls.simulator)
    phone.get_by_label("Customer's number").fill(CUSTOMER)
    phone.get_by_role("button", name="Add", exact=True).click()
    phone.get_by_role("textbox", name=re.compile("message|text", re.I)).fill("Where is my order?")
    phone.keyboard.press("Enter")

    for agent in (anna, ben):
        agent.goto(f"{stack.urls.inbox}?tab=queue")
        agent.get_by_text("Where is my order?").first.click()
        expect(agent.get_by_role("button", name="Pick up")).to_be_visible()

    anna.get_by_role("button", name="Pick up").click()
    expect(anna.get_by_text("Picked up by 1001 Anna Berg")).to_be_visible()
    expect(ben.get_by_text("1001 Anna Berg has this session now.")).to_be_visible(timeout=10_000)

    anna.get_by_role("textbox", name=re.compile("message", re.I)).fill("It left this morning.")
    anna.keyboard.press("Enter")
    expect(anna.locator(".bubble", has_text="It left this morning.")).to_contain_text("Sent", timeout=10_000)

    [send] = received(stack)
    simulator = json.loads((stack.home / "demo-simulator.json").read_text())
    assert send["method"] == "POST"
    assert send["path"] == f"/{simulator['api_key']}/sms/send"
    assert send["query"] == f"api_secret={simulator['api_secret']}"
    assert str(send["content_type"]).startswith("application/x-www-form-urlencoded")
    assert (send["from"], send["to"], send["body"]) == (
        "14102161183",
        CUSTOMER[1:],
        "It left this morning.",
    )
    expect(phone.get_by_text("It left this morning.")).to_be_visible(timeout=5_000)
    phone.close()
