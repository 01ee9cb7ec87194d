"""In production each file of a page has its hash in its name, and modules import each other by these names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings

import config.urls  # the portal's pages are registered with its addresses
from channels_app.models import Extension, User

assert config.urls

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
PORTAL = "/portal/channels_app"


STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static_files.HashedStaticFiles"}}


@pytest.fixture(scope="module")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the files are gathered, as before a start in production."""
    root = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=root, STORAGES=STORAGES):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield root


@pytest.fixture
def person(administrator: User) -> Client:
    Extension.objects.create(number="1001", name="Anna", user=administrator)
    client = Client()
    client.force_login(administrator, "django.contrib.auth.backends.ModelBackend")
    return client


def files_of(page: str) -> set[str]:
    """The names of a page's own scripts and stylesheets; those of packages are theirs."""
    return {
        name
        for name in re.findall(r'(?:src|href|data-worker)="/static/([^"]+\.(?:js|css))"', page)
        if name.startswith(("trunkline/", "portal/"))
    }


def imports_of(root: Path, name: str) -> set[str]:
    """The names of a file, and of all that it imports, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each in found:
            continue
        found.add(each)
        for target in re.findall(
            r'^(?:import|export|\}).*"(\.[^"]+)";$', (root / each).read_text(), re.MULTILINE
        ):
            waiting.append(
                (root / PurePosixPath(each).parent / target).resolve().relative_to(root).as_posix()
            )
    return found


@pytest.mark.parametrize(
    ("address", "module"),
    [
        ("/inbox/", "trunkline/random-key"),
        ("/inbox/start/", "trunkline/inbox/composer/meter"),
        ("/password/", "trunkline/theme"),
        ("/portal/", "portal/chart"),
        (f"{PORTAL}/channel/add/?itsp=apidaze", "portal/tabs"),
        (f"{PORTAL}/messagequeue/add/", "portal/labels"),
        ("/portal/messaging/session/export/", "trunkline/random-key"),
    ],
)
def test_every_file_of_a_page_is_there_under_its_hashed_name(
    address: str, module: str, person: Client, static_root: Path
) -> None:
    answer = person.get(address)
    assert answer.status_code == 200
    files = files_of(answer.content.decode())
    loaded = set().union(*(imports_of(static_root, name) for name in files))
    assert any(name.startswith(f"{module}.") for name in loaded)
    for name in loaded:
        assert HASHED.search(name), name
        assert (static_root / name).is_file(), name


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"page.js": 'import { one } from "./missing.js";\n'}, "missing.js"),
        (
            {"one.js": 'import "./two.js";\n', "two.js": 'export { one } from "./one.js";\n'},
            "Max post-process passes exceeded",
        ),
    ],
    ids=["that is missing", "that imports itself in a circle"],
)
def test_a_module_stops_the_gathering(files: dict[str, str], said: str, tmp_path: Path) -> None:
    folder = tmp_path / "ours" / "portal"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    with (
        override_settings(
            STATIC_ROOT=tmp_path / "root", STORAGES=STORAGES, STATICFILES_DIRS=[tmp_path / "ours"]
        ),
        pytest.raises((ValueError, RuntimeError), match=said),
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
