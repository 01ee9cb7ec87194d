"""Two or three agents at once, each in a browser of their own: what one does, the others see without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from channels_app.models import MessageQueue
from messaging.models import Message, SessionEvent
from tests.conftest import CUSTOMER
from tests.inbox.browser.open_page import pages

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]

SOON = 15_000  # ms: a page that must poll asks every 3 s


@pytest.fixture
def agents(anna, ben, carla, browser_of):
    """Pages of Anna, Ben (both in *Support*) and Carla (in no queue), by name."""
    clients = {"anna": browser_of(anna), "ben": browser_of(ben), "carla": browser_of(carla)}
    with pages() as opened:

        def open_page(name: str, path: str = "/inbox/") -> Page:
            page = opened.open(clients[name], path)
            page.set_default_timeout(SOON)
            return page

        yield open_page


def write(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def set_mode(queue: MessageQueue, mode: str) -> None:
    queue.mode = mode
    queue.save()


def test_manual_pickup_has_one_winner_and_the_others_keep_their_text(waiting, agents):
    """Over 5 s: a page without a stream hears of what the other did by asking, every 3 s."""
    address = f"/inbox/{waiting.pk}/?tab=queue"
    anna, ben = agents("anna", address), agents("ben", address)
    ben.locator("#text").fill("I was about to answer")
    anna.get_by_role("button", name="Pick up").click()
    expect(anna.get_by_text("Picked up by 1001 Anna")).to_be_visible()

    expect(ben.get_by_text("1001 Anna has this session now.")).to_be_visible(timeout=SOON)
    expect(ben.locator("#kept")).to_have_value("I was about to answer")
    expect(ben.locator(f"#row-{waiting.pk}")).to_have_count(0, timeout=SOON)
    assert SessionEvent.objects.filter(session=waiting, kind="picked_up").count() == 1


def test_a_pick_up_race_is_lost_with_a_sentence(waiting, agents):
    address = f"/inbox/{waiting.pk}/?tab=queue"
    anna, ben = agents("anna", address), agents("ben", address)
    for page in (anna, ben):
        page.get_by_role("button", name="Pick up").evaluate("button => setTimeout(() => button.click(), 300)")
    winner = anna.get_by_text(re.compile("Picked up by 100[12]")).or_(
        anna.get_by_text("has this session now")
    )
    expect(winner.first).to_be_visible(timeout=SOON)

    waiting.refresh_from_db()
    first, second = (anna, ben) if waiting.holder_name == "1001 Anna" else (ben, anna)
    expect(first.get_by_text(f"Picked up by {waiting.holder_name}")).to_be_visible(timeout=SOON)
    expect(second.get_by_text(f"{waiting.holder_name} has this session now.")).to_be_visible(timeout=SOON)
    assert SessionEvent.objects.filter(session=waiting, kind="picked_up").count() == 1


def test_auto_pickup_goes_to_who_answers_first(waiting, queue, agents):
    """Over 5 s: a page without a stream hears of what the other did by asking, every 3 s."""
    set_mode(queue, MessageQueue.Mode.AUTO)
    address = f"/inbox/{waiting.pk}/?tab=queue"
    anna, ben = agents("anna", address), agents("ben", address)
    write(anna, "It left this morning.")
    expect(anna.get_by_text("Picked up by 1001 Anna")).to_be_visible()

    expect(ben.get_by_text("1001 Anna has this session now.")).to_be_visible(timeout=SOON)
    assert [each.author_name for each in Message.objects.filter(direction="outbound")] == ["1001 Anna"]


def test_with_pickup_disabled_all_answer_and_see_each_other(waiting, queue, receive, agents):
    """Over 5 s: a page without a stream hears of what the other did by asking, every 3 s."""
    set_mode(queue, MessageQueue.Mode.DISABLED)
    address = f"/inbox/{waiting.pk}/?tab=queue"
    anna, ben = agents("anna", address), agents("ben", address)
    expect(anna.get_by_role("button", name="Pick up")).to_have_count(0)
    write(anna, "It left this morning.")
    expect(ben.locator(".bubble", has_text="It left this morning.")).to_be_visible(timeout=SOON)
    write(ben, "It arrives tomorrow.")
    expect(anna.locator(".bubble", has_text="It arrives tomorrow.")).to_be_visible(timeout=SOON)
    receive("Thanks, both of you")
    for page in (anna, ben):
        expect(page.locator(".bubble", has_text="Thanks, both of you")).to_have_count(1, timeout=SOON)


def test_a_transferred_session_moves_from_one_list_to_the_other_with_its_history(waiting, agents, receive):
    """Over 5 s: a page without a stream hears of what the other did by asking, every 3 s."""
    anna, carla = agents("anna", f"/inbox/{waiting.pk}/?tab=queue"), agents("carla")
    anna.get_by_role("button", name="Pick up").click()
    expect(anna.get_by_text("Picked up by 1001 Anna")).to_be_visible()
    with anna.expect_navigation():
        anna.evaluate(
            """async () => {
                const page = await (await fetch(location.pathname + "transfer/")).text();
                const shown = new DOMParser().parseFromString(page, "text/html");
                const form = document.adoptNode(shown.querySelector("main form"));
                form.removeAttribute("hx-post");
                const option = [...form.querySelectorAll("option")].find((o) => o.textContent.includes("Carla"));
                form.querySelector("[name=target]").value = option.value;
                document.body.append(form);
                HTMLFormElement.prototype.submit.call(form);
            }"""
        )

    carla.locator(f"#row-{waiting.pk}").click(timeout=SOON)
    expect(carla.locator(".bubble", has_text="Where is my order?")).to_be_visible()
    expect(carla.get_by_text("Transferred to 1003 Carla by 1001 Anna")).to_be_visible()
    expect(anna.locator(f"#row-{waiting.pk}")).to_have_count(0, timeout=SOON)
    assert anna.goto(anna.url.split("/inbox/")[0] + f"/inbox/{waiting.pk}/").status == 404

    carla.get_by_role("button", name="Close", exact=True).click()
    carla.get_by_role("button", name="Yes").click()  # it can't be undone
    expect(carla.get_by_text("Closed by 1003 Carla")).to_be_visible(timeout=SOON)
    again = receive("One more thing")
    assert again.pk != waiting.pk
    anna.goto(anna.url.split("/inbox/")[0] + "/inbox/?tab=queue")
    anna.locator(f"#row-{again.pk}").click(timeout=SOON)
    for text in ("Where is my order?", "One more thing"):  # the earlier session stands above
        expect(anna.locator(".bubble", has_text=text)).to_be_visible()
    expect(anna.get_by_text("Closed by 1003 Carla")).to_be_visible()


@pytest.mark.parametrize("may_take_over", [False, True])
def test_starting_where_a_colleague_has_the_customer(may_take_over, waiting, channel, rule, ben, agents):
    """Over 5 s: a page without a stream hears of what the other did by asking, every 3 s."""
    channel.allow_takeover = may_take_over
    channel.save()
    waiting.give_to(ben)
    waiting.save()
    anna, colleague = agents("anna", "/inbox/start/"), agents("ben", f"/inbox/{waiting.pk}/")
    anna.locator("#id_customer").fill(CUSTOMER)
    anna.locator("#id_text").fill("Hello from Anna")
    anna.get_by_role("button", name="Send").click()
    if may_take_over:
        expect(anna.get_by_text("Taken over from 1002 Ben by 1001 Anna")).to_be_visible()
        expect(anna.locator(".bubble", has_text="Where is my order?")).to_be_visible()
        expect(colleague.locator(f"#row-{waiting.pk}")).to_have_count(0, timeout=SOON)
    else:
        expect(anna.get_by_text("This customer has an open session with 1002 Ben.")).to_be_visible()
        expect(anna.locator("#id_text")).to_have_value("Hello from Anna")
        expect(colleague.locator(f"#row-{waiting.pk}")).to_be_visible()
    assert Message.objects.filter(text="Hello from Anna").count() == int(may_take_over)


def test_drafts_outlive_a_reload_and_a_lost_connection_loses_nothing(waiting, receive, agents):
    anna = agents("anna", f"/inbox/{waiting.pk}/?tab=queue")
    anna.locator("#text").fill("A long answer, not yet sent")
    anna.reload()
    expect(anna.locator("#text")).to_have_value("A long answer, not yet sent")

    anna.context.set_offline(True)
    for number in range(3):
        receive(f"Are you there? {number}")
    anna.locator("#text").press("Enter")
    expect(anna.locator("#refusal")).to_contain_text("The connection was lost", timeout=SOON)
    expect(anna.locator("#text")).to_have_value("A long answer, not yet sent")
    anna.context.set_offline(False)
    for number in range(3):
        expect(anna.locator(".bubble", has_text=f"Are you there? {number}")).to_have_count(1, timeout=SOON)
    anna.locator("#text").press("Enter")
    expect(anna.locator(".bubble", has_text="A long answer")).to_have_count(1, timeout=SOON)
    assert Message.objects.filter(direction="outbound").count() == 1


def test_ten_tabs_of_one_browser_all_stay_up_to_date(waiting, receive, agents):
    """Over 5 s: ten pages load, and each asks for news every 3 s."""
    first = agents("anna", f"/inbox/{waiting.pk}/?tab=queue")
    tabs = [first]
    for _number in range(9):
        tab = first.context.new_page()
        tab.goto(first.url)
        tabs.append(tab)
    receive("For all of them")
    for tab in tabs:
        tab.bring_to_front()
        expect(tab.locator(".bubble", has_text="For all of them")).to_have_count(1, timeout=2 * SOON)
    write(tabs[9], "From the tenth")
    expect(tabs[9].locator(".bubble", has_text="From the tenth")).to_have_count(1, timeout=SOON)
