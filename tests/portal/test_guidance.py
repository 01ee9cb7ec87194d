"""Setting up by the guidance alone: from an empty portal to the first answered message."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from channels_app.models import Channel, Domain, Extension, MessageQueue, RoutingRule, User
from messaging.models import TrafficCount
from tests.conftest import CUSTOMER, NUMBER
from tests.portal.conftest import ADD, new_channel_form
from tests.support.simulator import Simulator
from tests.support.stack import PROJECT, Stack

ORDER = [
    "Add your domain",
    "Add an SMS channel",
    "Add your number",
    "Add a message queue",
    "Add agents to the queue",
    "Test that messages come in",
    "Answer the first message",
]


def next_title(client: Client) -> str:
    guidance = client.get("/portal/").context["guidance"]
    return guidance.next.title if guidance.next else ""


def test_an_empty_portal_says_what_to_do_in_order(administrator_client: Client) -> None:
    steps = administrator_client.get("/portal/").context["guidance"].steps
    assert [step.title for step in steps] == ORDER
    assert not any(step.done for step in steps)
    for step in steps:
        assert administrator_client.get(step.address).status_code in (200, 302), step


def test_each_thing_that_is_done_is_ticked_off_and_the_next_one_named(
    administrator_client: Client, administrator: User
) -> None:
    seen = [next_title(administrator_client)]
    Domain.objects.create(host="sms.example.com")
    seen.append(next_title(administrator_client))
    channel = Channel.objects.create(name="Main", itsp="apidaze")
    seen.append(next_title(administrator_client))
    page = administrator_client.get("/portal/channels_app/domain/").content.decode()
    assert f'href="/portal/channels_app/channel/{channel.pk}/change/?tab=messaging-setting"' in page
    assert "step 3 of 7" in page
    queue = MessageQueue.objects.create(name="Team")
    RoutingRule.objects.create(channel=channel, number=NUMBER, destination_queue=queue)
    seen.append(next_title(administrator_client))
    seat = Extension.objects.create(number="1001", name="Anna", user=administrator)
    page = administrator_client.get("/portal/channels_app/extension/").content.decode()
    assert f'href="/portal/channels_app/messagequeue/{queue.pk}/change/"' in page
    queue.agents.add(seat)
    seen.append(next_title(administrator_client))
    now = timezone.now()
    TrafficCount.objects.create(channel=channel, quarter_at=now, received=1)
    seen.append(next_title(administrator_client))
    TrafficCount.objects.create(channel=channel, quarter_at=now, sent=1)
    seen.append(next_title(administrator_client))
    assert seen == [*ORDER[:3], *ORDER[4:], ""]
    page = administrator_client.get("/portal/channels_app/domain/").content.decode()
    assert "Setting up, step" not in page
    queue.agents.clear()
    assert next_title(administrator_client) == ORDER[4]
    page = administrator_client.get("/portal/channels_app/domain/").content.decode()
    assert "Setting up, step" in page


def test_a_number_that_goes_to_one_person_needs_no_queue(
    administrator_client: Client, administrator: User
) -> None:
    Domain.objects.create(host="sms.example.com")
    channel = Channel.objects.create(name="Main", itsp="apidaze")
    seat = Extension.objects.create(number="1001", name="Anna", user=administrator)
    RoutingRule.objects.create(channel=channel, number=NUMBER, destination_extension=seat)
    assert next_title(administrator_client) == "Test that messages come in"


def test_what_is_all_set_up_is_hidden_and_found_again(
    administrator_client: Client, rule: RoutingRule
) -> None:
    Domain.objects.create(host="sms.example.com")
    TrafficCount.objects.create(channel=rule.channel, quarter_at=timezone.now(), received=1, sent=1)
    assert "All is set up" in administrator_client.get("/portal/").content.decode()
    administrator_client.post("/portal/set-up/", {"hide": "yes"})
    assert "All is set up" not in administrator_client.get("/portal/").content.decode()
    assert "All is set up" in administrator_client.get("/portal/set-up/").content.decode()
    Domain.objects.all().delete()
    assert next_title(administrator_client) == "Add your domain", "hidden while something is missing"
    Domain.objects.create(host="sms.example.com")
    administrator_client.post("/portal/set-up/", {"show": "yes"})
    assert "All is set up" in administrator_client.get("/portal/").content.decode()


def test_the_guidance_is_for_administrators(
    supervisor_client: Client, client: Client, anna: Extension, db: None
) -> None:
    assert supervisor_client.get("/portal/set-up/").status_code == 403
    assert "Setting up, step" not in supervisor_client.get("/portal/channels_app/channel/").content.decode()
    client.force_login(anna.user, "django.contrib.auth.backends.ModelBackend")
    assert client.get("/portal/set-up/", SERVER_NAME="localhost").status_code == 403


def test_while_there_is_no_queue_a_number_can_bring_one(administrator_client: Client) -> None:
    rows = [{"number": number, "destination": "new-queue"} for number in (NUMBER, "+14102161184")]
    assert administrator_client.post(ADD, new_channel_form(*rows)).status_code == 302
    queue = MessageQueue.objects.get()
    assert queue.name == "Team"
    assert {rule.destination_queue for rule in RoutingRule.objects.all()} == {queue}
    page = administrator_client.get(ADD).content.decode()
    assert "new-queue" not in page


def test_a_number_that_is_refused_brings_no_queue(administrator_client: Client) -> None:
    row = {"number": "12", "destination": "new-queue"}
    administrator_client.post(ADD, new_channel_form(row))
    assert not MessageQueue.objects.exists()


# -- In a browser ------------------------------------------------------------------------------------------------


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PASSWORD = "quite new words 77"
MAKE_ADMIN = (
    "from channels_app.models import User; "
    f"User.objects.create_superuser('admin', {PASSWORD!r}) if not User.objects.exists() else None"
)


@pytest.fixture
def empty_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A portal in which there is an administrator and nothing else."""
    stack = Stack(tmp_path_factory.mktemp("empty"))
    for command in (["migrate", "-v0"], ["shell", "-v0", "-c", MAKE_ADMIN]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=PROJECT,
            env=stack.environment,
            check=True,
            timeout=120,
        )
    yield stack.start()
    stack.stop()


def look_at_overview(page: Page) -> None:
    """Axe finds nothing, the charts are drawn, and the figures behind them are there for who uses the keyboard."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.reload()
        found = Axe().run(page, options={"runOnly": RULES})
        assert not found.violations_count, found.generate_report()
    expect(page.get_by_role("img", name="Today by hour: 1 received, 1 sent")).to_be_visible()
    drawn = "chart => chart.getContext('2d').getImageData(0, 0, chart.width, chart.height).data.some(Boolean)"
    assert page.locator("canvas").first.evaluate(drawn)
    page.locator("summary").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table").get_by_role("row").last).to_contain_text(re.compile(r"\s1\s+1\s+0"))


def follow(page: Page, title: str) -> None:
    """Presses the link of the next step, wherever the page has it; it is the only thing that the test knows."""
    page.get_by_role("link", name=title, exact=True).first.click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


@pytest.mark.browser
@pytest.mark.stack
@pytest.mark.once
def test_an_administrator_gets_from_an_empty_portal_to_an_answered_message_by_the_guidance_alone(
    empty_portal: Stack, apidaze: Simulator, browser: Browser
) -> None:
    """Over 5 s: it starts the real processes, and goes through the whole set-up."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(empty_portal.urls.portal)
    page.get_by_label("Login name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    follow(page, ORDER[0])
    page.get_by_label("Host name").fill("sms.example.com")
    save(page)

    follow(page, ORDER[1])
    page.get_by_role("link", name="Apidaze").click()
    page.get_by_label(re.compile(r"^Name\b")).fill("Main")
    page.get_by_label("API Key").fill(apidaze.api_key)
    page.get_by_label("Secret").fill(apidaze.api_secret)
    page.get_by_label("API address").fill(apidaze.base_url)
    save(page)
    expect(page.get_by_text("Connected").first).to_be_visible()

    follow(page, ORDER[2])
    page.get_by_text(re.compile("Add another number", re.I)).click()
    page.get_by_role("textbox", name="Number").fill(NUMBER)
    page.get_by_role("combobox", name=re.compile("^Destination")).select_option(label="A new queue “Team”")
    save(page)

    follow(page, ORDER[4])
    page.get_by_label("Extension number").fill("1001")
    page.get_by_label(re.compile(r"^Name\b")).fill("Anna")
    save(page)
    link = page.get_by_role("textbox", name="Sign-in link").input_value()
    follow(page, ORDER[4])
    page.get_by_role("searchbox").click()
    page.get_by_role("option", name="1001 Anna").click()
    save(page)

    follow(page, ORDER[5])
    webhook = page.get_by_label("Webhook URL").locator("option:checked").get_attribute("data-address")
    assert webhook is not None
    assert webhook.startswith("https://sms.example.com/webhooks/apidaze/")
    apidaze.set_phone(
        webhook_url=webhook.replace("https://sms.example.com", empty_portal.urls.web),
        business_numbers=[NUMBER],
        customer_numbers=[CUSTOMER],
    )
    assert apidaze.write(CUSTOMER, NUMBER, "Is anybody there?")
    page.reload()
    expect(page.get_by_text("step 7 of 7")).to_be_visible()

    agent = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    agent.goto(link)
    for box in agent.locator("input[type=password]").all():
        box.fill(PASSWORD)
    agent.locator("button[type=submit]").first.click()
    agent.goto(f"{empty_portal.urls.inbox}?tab=queue")
    agent.get_by_text("Is anybody there?").first.click()
    agent.get_by_role("button", name="Pick up").click()
    agent.get_by_role("textbox", name=re.compile("message", re.I)).fill("Yes, here we are.")
    agent.keyboard.press("Enter")
    expect(agent.locator(".bubble", has_text="Yes, here we are.")).to_contain_text("Sent", timeout=10_000)
    [send] = apidaze.received()
    assert send["body"] == "Yes, here we are."

    page.goto(empty_portal.urls.portal)
    expect(page.get_by_role("heading", name="All is set up")).to_be_visible()
    look_at_overview(page)
    page.get_by_role("button", name="Hide").click()
    expect(page.get_by_role("heading", name="All is set up")).to_be_hidden()
    agent.context.close()
    page.context.close()
