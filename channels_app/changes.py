"""What was changed in the portal, by whom, from what to what.

Django's log has one row for each change and names the fields. The values are stored beside the names, under a key
that Django itself ignores. A secret's name is recorded, its value is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model

from channels_app.models import User

Value = str | list[str]
ADDED, CHANGED, DELETED = "added", "changed", "deleted"


@dataclass(frozen=True, slots=True)
class Line:
    """One field. For a list: what was added and what was removed."""

    label: str
    before: Value = ""
    after: Value = ""
    is_secret: bool = False

    @property
    def is_list(self) -> bool:
        return isinstance(self.before, list) or isinstance(self.after, list)

    @property
    def came(self) -> list[str]:
        return [each for each in self.after if each not in self.before]

    @property
    def went(self) -> list[str]:
        return [each for each in self.before if each not in self.after]


@dataclass(frozen=True, slots=True)
class Part:
    """What happened to the object; or, with a `row`, to a row of its form, such as a channel's number."""

    deed: str
    lines: list[Line] = field(default_factory=list)
    kind: str = ""
    row: str = ""


def to_message(parts: Iterable[Part]) -> str:
    """What the log stores. Letters are not escaped, so that a search finds them."""
    return json.dumps([_written(part) for part in parts], ensure_ascii=False)


def parts_of(entry: LogEntry) -> list[Part]:
    """An entry's changes of fields; [] if it is a sentence instead."""
    if not entry.change_message.startswith("["):
        return []
    return [_read(each) for each in json.loads(entry.change_message)]


def sentence_of(entry: LogEntry) -> str:
    """The sentence of an entry that isn't about fields."""
    return "" if entry.change_message.startswith("[") else entry.change_message


def note(user: User, thing: Model, sentence: str) -> None:
    """Records something a person did without a form, such as making a new address."""
    LogEntry.objects.log_actions(
        user_id=user.pk, queryset=[thing], action_flag=CHANGE, change_message=sentence, single_object=True
    )


def _written(part: Part) -> dict[str, dict[str, Any]]:
    said: dict[str, Any] = {"fields": [line.label for line in part.lines]} if part.deed == CHANGED else {}
    said["values"] = [
        {"label": line.label, "secret": True}
        if line.is_secret
        else {"label": line.label, "from": line.before, "to": line.after}
        for line in part.lines
    ]
    if part.row or part.deed == DELETED:  # Django reads the name of a deleted object
        said |= {"name": part.kind, "object": part.row}
    return {part.deed: said}


def _read(written: dict[str, dict[str, Any]]) -> Part:
    [(deed, said)] = written.items()
    lines = [
        Line(each["label"], each.get("from", ""), each.get("to", ""), bool(each.get("secret")))
        for each in said.get("values", [])
    ]
    return Part(deed, lines, said.get("name", ""), said.get("object", ""))
