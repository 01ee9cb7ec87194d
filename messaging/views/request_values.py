"""What a request asks for, read without trusting it: what makes no sense is as if it were not there."""

from __future__ import annotations

import re

from django.http import HttpRequest

from messaging.inbox.list_windows import PAGE, Tab
from messaging.inbox.search import Search
from messaging.inbox.session_list import Asked


def is_part(request: HttpRequest) -> bool:
    """Whether a page that is open already asks for a part of itself (htmx), not a person for the whole."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def value(request: HttpRequest, name: str) -> str:
    """A value of the form, or of the address."""
    return request.POST.get(name) or request.GET.get(name) or ""


def number(request: HttpRequest, name: str) -> int | None:
    """An id or a count; None if it is none, or one that no database has."""
    text = value(request, name)
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def numbers(request: HttpRequest, name: str) -> list[int]:
    """Ids that a form may have several of, each once; one that can't be is 0, which no row has."""
    texts = dict.fromkeys(request.POST.getlist(name))
    return [int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0 for text in texts]


def numbers_in_one(request: HttpRequest, name: str) -> list[int]:
    """Ids that the address has in one value: "12,15"; without those that make no sense."""
    texts = value(request, name)[:2000].split(",")
    return [int(text) for text in texts if re.fullmatch(r"[0-9]{1,18}", text)]


def tab(request: HttpRequest) -> Tab | None:
    text = value(request, "tab")
    return Tab(text) if text in set(Tab) else None


def of_list(request: HttpRequest, current: int | None) -> Asked:
    """What of the list the page wants, with the session `current` shown beside it."""
    return Asked(
        current=current,
        after=value(request, "after"),
        search=Search.of(value(request, "q")),
        others=tuple(numbers_in_one(request, "others")[:PAGE]),
    )
