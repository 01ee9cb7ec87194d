"""What is typed as a secret is found nowhere afterwards, and a webhook's token in no log."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.once]

KEY, SECRET = "KEY-zq7Wn4Rk2x", "s3cret-Jx9vTq2LmB"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with_everything = Stack(tmp_path_factory.mktemp("secrets"), LOG_LEVEL="DEBUG").start()
    yield with_everything
    with_everything.stop()


def sign_in(stack: Stack, browser: Browser, name: str) -> Page:
    page = browser.new_page()
    page.goto(f"{stack.urls.web}/")
    page.get_by_label("Login name").fill(name)
    page.get_by_label("Password").fill(stack.sign_in[name])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
    return page


def database_bytes(stack: Stack) -> bytes:
    """All that the database has on disk: SQLite's files, or PostgreSQL's whole folder."""
    url = stack.database_url
    if url.startswith("sqlite"):
        files = list(stack.home.glob("*.sqlite3*"))
    else:
        folder = parse_qs(urlsplit(url).query)["host"][0]
        files = [file for file in Path(folder).rglob("*") if file.is_file()]
    assert files
    return b"".join(map(_bytes, files))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # one of PostgreSQL's passing ones
        return b""


def test_a_secret_typed_into_the_form_is_found_nowhere_afterwards(stack, browser):
    """Over 5 s: it walks through the pages of a real portal, and waits for what the sender logs."""
    admin = sign_in(stack, browser, "admin")
    admin.goto(f"{stack.urls.portal}channels_app/channel/")
    admin.get_by_role("link", name="Apidaze (simulator)").click()
    admin.get_by_label("API Key").fill(KEY)
    admin.get_by_label("Secret").fill(SECRET)
    admin.get_by_role("button", name=re.compile("^Save and continue")).click()
    expect(admin.get_by_text("Connection failed").first).to_be_visible()
    pages = [admin.content()]

    # A send that is refused for its credentials, one that nobody answers, and one to a wrong address.
    phone = json.loads((stack.home / "demo-simulator.json").read_text())["phone"]
    text = {"caller_id_number": "13057673260", "destination_number": "14102161184", "text": "Hello"}
    assert requests.post(phone["webhook_url"], json=text, timeout=5).status_code == 200
    anna = sign_in(stack, browser, "1001")
    anna.get_by_text("Hello").first.click()
    anna.get_by_role("textbox", name=re.compile("message", re.I)).fill("Anybody there?")
    anna.keyboard.press("Enter")
    expect(anna.locator(".bubble", has_text="Anybody there?")).to_be_visible()
    time.sleep(2)
    anna.reload()
    pages.append(anna.content())
    for address in ("", "webhook_log", "channels_app/channel/", "messaging/session/"):
        admin.goto(f"{stack.urls.portal}{address}")
        pages.append(admin.content())
    admin.goto(f"{stack.urls.portal}channels_app/channel/")
    admin.get_by_role("link", name="Apidaze (simulator)").click()
    pages.append(admin.content())

    said = stack.logs() + stack.terminal()
    assert "sender" in said
    on_disk = database_bytes(stack) + said.encode() + "".join(pages).encode()
    for secret in (KEY, SECRET):
        assert secret.encode() not in on_disk
    admin.close()
    anna.close()


def test_the_webhooks_token_is_in_no_log_of_any_process(stack):
    address = json.loads((stack.home / "demo-simulator.json").read_text())["phone"]["webhook_url"]
    token = address.rstrip("/").rpartition("/")[2]
    for method, path, body in [
        ("POST", address, "garbage"),
        ("GET", address, ""),
        ("POST", address + "more/", "x"),
        ("POST", address.rstrip("/"), "x"),
        ("POST", address + "?token=1", "[" * 5000),
    ]:
        assert requests.request(method, path, data=body, timeout=5).status_code < 500

    said = stack.logs() + stack.terminal()
    assert "webhook" in said
    assert token not in said


def test_a_changed_credentials_key_is_told_and_nothing_is_sent(stack, browser):
    """Over 5 s: the real processes start again, and that nothing is sent takes 3 s to see."""
    stack.stop()
    stack.environment["CREDENTIALS_KEY"] = Fernet.generate_key().decode()
    stack.start()
    requests.delete(f"{stack.urls.simulator}/control/received", timeout=5)
    phone = json.loads((stack.home / "demo-simulator.json").read_text())["phone"]
    text = {"caller_id_number": "13057673261", "destination_number": "14102161184", "text": "Still there?"}
    assert requests.post(phone["webhook_url"], json=text, timeout=5).status_code == 200
    anna = sign_in(stack, browser, "1001")
    anna.get_by_text("Still there?").first.click()
    anna.get_by_role("textbox", name=re.compile("message", re.I)).fill("Yes")
    anna.keyboard.press("Enter")
    expect(anna.locator(".bubble", has_text="Yes")).to_contain_text(re.compile("queued|waiting", re.I))
    time.sleep(3)

    admin = sign_in(stack, browser, "admin")
    admin.goto(f"{stack.urls.portal}channels_app/channel/")
    expect(admin.get_by_text("enter key and secret again").first).to_be_visible()
    received = requests.get(f"{stack.urls.simulator}/control/received", timeout=5).json()["received"]
    assert received == []
    admin.close()
    anna.close()
