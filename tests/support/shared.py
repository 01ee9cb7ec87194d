"""What is started once a test process, on first use, and shared by all its tests: a browser, a web process, a stack."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser

from tests.support.browser import chromium
from tests.support.stack import Stack
from tests.support.web_server import WebServer

_running = ExitStack()


@cache
def browser() -> Browser:
    """The browser. A test opens contexts of its own, and closes them."""
    return _running.enter_context(chromium())


@cache
def home() -> Path:
    """The data folder of the web process, and so of the files of tests that it serves."""
    folder = Path(tempfile.mkdtemp(prefix="trunkline-tests-web-"))
    _running.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def web_server() -> WebServer:
    """A web process on the database of this process's tests, which must commit what they want it to see."""
    return _running.enter_context(WebServer(home()))


@cache
def stack() -> Stack:
    """Everything that `make run` starts. A test leaves it running, and has customers of its own."""
    folder = Path(tempfile.mkdtemp(prefix="trunkline-tests-stack-"))
    _running.callback(shutil.rmtree, folder, ignore_errors=True)
    started = Stack(folder / "home").start()
    _running.callback(started.stop)
    return started


def end() -> None:
    """Ends all of it, when the last test is through."""
    _running.close()
