"""Who asks: a login, and the seat it has."""

from __future__ import annotations

from dataclasses import dataclass

from channels_app.models import Extension, User


@dataclass(frozen=True)
class Person:
    user: User
    seat: Extension | None
