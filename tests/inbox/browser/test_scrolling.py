"""Scrolling goes on by itself, and what is new meanwhile takes nobody's place or focus away."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from messaging.models import Message, Session
from tests.inbox.browser.open_page import NARROW, pages

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]


@pytest.fixture
def many(channel, rule, queue, anna):
    """130 sessions that wait; the first has 200 messages, of which the third says *marmalade*."""
    now = timezone.now()
    sessions = Session.objects.bulk_create(
        Session(
            channel=channel,
            our_number=rule.number,
            customer_number=f"+1305555{number:04}",
            queue=queue,
            queue_name=queue.name,
            opened_at=now,
            last_activity_at=now,
            waiting_since=now,
        )
        for number in range(130)
    )
    texts = [f"Line {number}" if number != 2 else "Where is the marmalade?" for number in range(200)]
    lines = [(sessions[0], text) for text in texts] + [(session, "Hello") for session in sessions[1:]]
    Message.objects.bulk_create(
        Message(session=session, direction="inbound", status="received", text=text, created_at=now)
        for session, text in lines
    )
    return sessions


def rows(page: Page) -> list[str]:
    return page.eval_on_selector_all("#list .row", "rows => rows.map((row) => row.id)")


def in_sight(page: Page, selector: str) -> bool:
    found: bool = page.eval_on_selector(
        selector,
        """(element) => {
            const pane = element.closest(".side, .place").getBoundingClientRect();
            const { top, bottom } = element.getBoundingClientRect();
            return bottom > pane.top && top < pane.bottom;
        }""",
    )
    return found


def top_of(page: Page, selector: str) -> int:
    top: float = page.locator(selector).bounding_box()["y"]  # type: ignore[index]
    return round(top)


def test_the_list_and_the_conversation_go_on_by_scrolling_and_keep_their_place(many, anna, ben, browser_of):
    with pages() as opened:
        page, other = opened.open(browser_of(anna), "/inbox/?tab=queue"), opened.open(browser_of(ben))
        for count in (100, 130):
            page.eval_on_selector(".side", "side => side.scrollTo(0, side.scrollHeight)")
            expect(page.locator("#list .row")).to_have_count(count)
        page.eval_on_selector(".side", "side => side.scrollTo(0, side.scrollHeight)")
        assert rows(page) == [f"row-{session.pk}" for session in many]
        expect(page.locator("#list .queue-name")).to_have_count(1)

        # Somebody takes one that is in sight far down, and one at the top; the row in focus stays where it is.
        page.locator(f"#row-{many[-2].pk}").focus()
        before = top_of(page, f"#row-{many[-2].pk}")
        for session in (many[-3], many[1]):
            other.goto(f"{opened.origin}/inbox/{session.pk}/")
            other.get_by_role("button", name="Pick up").click()
            expect(
                other.get_by_role("button", name="Transfer").or_(other.get_by_role("link", name="Transfer"))
            ).to_be_visible()
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(f"#row-{many[-3].pk}")).to_have_count(0, timeout=20_000)
        expect(page.locator(f"#row-{many[1].pk}")).to_have_count(0, timeout=20_000)
        assert page.evaluate("document.activeElement.id") == f"row-{many[-2].pk}"
        assert in_sight(page, f"#row-{many[-2].pk}")
        assert abs(top_of(page, f"#row-{many[-2].pk}") - before) < 150
        assert len(rows(page)) == 128

        # The conversation goes on upwards, and the line that was in sight stays there.
        page.goto(f"{opened.origin}/inbox/{many[0].pk}/?tab=queue")
        expect(page.locator("#lines").get_by_text("Line 199")).to_be_in_viewport()
        expect(page.locator("#lines > .message")).to_have_count(60)
        # In one: what stands above may come in before a second question.
        line_id, top = page.eval_on_selector(
            "#place",
            """(place) => {
                place.scrollTo(0, 300);
                const line = place.querySelectorAll("#lines > .message")[8];
                return [line.id, line.getBoundingClientRect().top];
            }""",
        )
        expect(page.locator("#lines > .message")).to_have_count(120)
        assert abs(page.locator(f"#{line_id}").bounding_box()["y"] - top) < 5  # type: ignore[index]


@pytest.mark.parametrize("viewport", [None, NARROW])
def test_a_search_leads_to_the_message_that_was_found(viewport, many, anna, browser_of):
    options = {"viewport": viewport} if viewport else {}
    with pages() as opened:
        page = opened.open(browser_of(anna), "/inbox/?tab=queue", **options)
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), (
            "the page itself scrolls"
        )
        page.keyboard.press("/")
        page.keyboard.type("marma")
        expect(page.locator("#list mark")).to_have_text("marma")
        assert page.evaluate("document.activeElement.id") == "search"
        assert "q=marma" in page.url
        page.reload()
        expect(page.locator("#search")).to_have_value("marma")
        page.locator("#list .row").click()
        expect(page.locator(".looked-for")).to_be_in_viewport()
        expect(page.locator(".looked-for")).to_contain_text("Where is the marmalade?")
        assert page.evaluate("document.documentElement.scrollTop") == 0
        if viewport:
            page.locator(".back").click()
        page.locator("#tab-queue").click()
        expect(page.locator("#search")).to_have_value("")
        expect(page.locator("#list .row")).to_have_count(50)
