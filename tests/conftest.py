"""Fixtures that every test may use: people, a queue, a channel with its numbers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from channels_app.models import Channel, Extension, MessageQueue, Role, RoutingRule, User
from messaging.inbound import log
from tests.support import shared
from tests.support.scheduling import ByFile, longest_first
from tests.support.simulator import Simulator

NUMBER, OTHER_NUMBER = "+14102161183", "+14102161184"
CUSTOMER = "+13057673260"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The test database. What is shared has ended before it is dropped: the web process is connected to it."""
    yield
    shared.end()


@pytest.fixture(autouse=True)
def _no_line_of_another_test() -> None:
    log.forget()


@pytest.fixture
def make_extension(db: None) -> Callable[..., Extension]:
    """Makes an agent's extension: `make_extension("1001", "Anna")`."""

    def make(number: str, name: str = "", role: str = Role.AGENT) -> Extension:
        user = User.objects.create_user(number, "secret words 123", role=role)
        return Extension.objects.create(number=number, name=name or f"Agent {number}", user=user)

    return make


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("admin", "secret words 123")


@pytest.fixture
def supervisor(db: None) -> User:
    return User.objects.create_user("super", "secret words 123", role=Role.SUPERVISOR)


@pytest.fixture
def anna(make_extension: Callable[..., Extension]) -> Extension:
    return make_extension("1001", "Anna")


@pytest.fixture
def ben(make_extension: Callable[..., Extension]) -> Extension:
    return make_extension("1002", "Ben")


@pytest.fixture
def carla(make_extension: Callable[..., Extension]) -> Extension:
    """In no queue."""
    return make_extension("1003", "Carla")


@pytest.fixture
def queue(anna: Extension, ben: Extension) -> MessageQueue:
    """*Support*, manual pick-up, with Anna and Ben."""
    support = MessageQueue.objects.create(name="Support")
    support.agents.add(anna, ben)
    return support


@pytest.fixture
def channel(db: None) -> Channel:
    """An Apidaze channel with no number, whose API address answers nothing."""
    channel = Channel(name="Main", itsp="apidaze", base_url="http://127.0.0.1:1", sending_rate=100)
    channel.set_credentials({"api_key": "test-key", "api_secret": "test-secret"})
    channel.save()
    return channel


@pytest.fixture
def rule(channel: Channel, queue: MessageQueue, anna: Extension) -> RoutingRule:
    """NUMBER goes to the queue; Anna may start sessions from it."""
    rule = RoutingRule.objects.create(
        channel=channel, number=NUMBER, destination_queue=queue, registration="registered"
    )
    rule.allowed_extensions.add(anna)
    return rule


@pytest.fixture
def anna_rule(channel: Channel, anna: Extension) -> RoutingRule:
    """OTHER_NUMBER goes to Anna."""
    return RoutingRule.objects.create(
        channel=channel, number=OTHER_NUMBER, destination_extension=anna, registration="registered"
    )


@pytest.fixture
def file_folder(settings: Any) -> Path:
    """Where this test's files are stored, its spool beside it; the shared web process has them too."""
    home = shared.home()
    for name in ("files", "spool"):
        shutil.rmtree(home / name, ignore_errors=True)
    settings.SPOOL_FOLDER = home / "spool"
    files = {**settings.STORAGES["files"], "OPTIONS": {"location": str(home / "files")}}
    settings.STORAGES = {**settings.STORAGES, "files": files}
    return home / "files"


@pytest.fixture
def stored(file_folder: Path) -> Callable[[], list[bytes]]:
    """The bytes of all files in the storage."""
    return lambda: sorted(path.read_bytes() for path in file_folder.rglob("*") if path.is_file())


@pytest.fixture(scope="session")
def apidaze_process() -> Iterator[Simulator]:
    """The program that plays Apidaze, once a test process."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def apidaze(apidaze_process: Simulator) -> Simulator:
    """The program that plays Apidaze, with no faults and nothing received."""
    apidaze_process.set_faults()
    apidaze_process.clear()
    return apidaze_process


@pytest.fixture
def browser() -> Iterator[Browser]:
    """The browser that all tests of this process share; what a test leaves open in it is closed."""
    browser = shared.browser()
    yield browser
    for context in browser.contexts:
        context.close()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


def pytest_sessionfinish() -> None:
    shared.end()
