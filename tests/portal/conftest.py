"""Browsers of people who are signed in, and what the portal's forms are filled with."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import pytest
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client

import config.urls  # the portal's pages are registered with its addresses
from channels_app.models import Channel, User

assert config.urls

SECRET = "very-secret-words-7261"


@pytest.fixture
def administrator_client(administrator: User) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(administrator, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def supervisor_client(supervisor: User) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(supervisor, "django.contrib.auth.backends.ModelBackend")
    return client


def fill(rows: Iterable[Model]) -> None:
    """Stores very many rows, some at a time: the database ends a transaction that says nothing for 10 seconds."""
    rest = iter(rows)
    while some := list(islice(rest, 2000)):
        type(some[0])._default_manager.bulk_create(some)


def channel_form(*rows: dict[str, Any], saved: int = 0, **values: Any) -> dict[str, Any]:
    """What the browser posts for a channel's form: the defaults, `values`, and a Number row each."""
    data: dict[str, Any] = {
        "name": "Main",
        "enabled": "on",
        "credential_api_key": "",
        "credential_api_secret": "",
        "base_url": "http://127.0.0.1:1",
        "sending_rate": "1",
        "session_timeout_days": "7",
        "accompanying_text": "You have received a file.",
        "rules-TOTAL_FORMS": len(rows),
        "rules-INITIAL_FORMS": saved,
        "rules-MIN_NUM_FORMS": 0,
        "rules-MAX_NUM_FORMS": 1000,
    }
    for index, row in enumerate(rows):
        defaults = {"number": "", "destination": "", "registration": "not_registered"}
        data |= {f"rules-{index}-{name}": value for name, value in (defaults | row).items()}
    data |= values
    return {name: value for name, value in data.items() if value is not None}


def new_channel_form(*rows: dict[str, Any], **values: Any) -> dict[str, Any]:
    return channel_form(*rows, **({"credential_api_key": "key-1", "credential_api_secret": SECRET} | values))


ADD = "/portal/channels_app/channel/add/?itsp=apidaze"


def page_of(channel: Channel) -> str:
    return f"/portal/channels_app/channel/{channel.pk}/change/"


def errors_of(response: HttpResponse) -> dict[str, list[str]]:
    """The errors at the fields of the form that came back; {} where it was saved."""
    context = response.context  # type: ignore[attr-defined]
    if response.status_code != 200 or context is None:
        return {}
    found = {
        name: [str(each) for each in errors] for name, errors in context["adminform"].form.errors.items()
    }
    for inline in context["inline_admin_formsets"]:
        for form in inline.formset.forms:
            for name, errors in form.errors.items():
                found[f"{form.prefix}-{name}"] = [str(each) for each in errors]
    return found
