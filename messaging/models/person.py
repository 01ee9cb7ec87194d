"""Who asks: every story that depends on the person takes one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from channels_app.models import Extension, User


@dataclass(frozen=True, slots=True)
class Person:
    """A login, and the extension it has, if any."""

    user: User
    extension: Extension | None = None

    @classmethod
    def of(cls, user: User) -> Self:
        """The person who is signed in as `user`; the extension comes with its presence."""
        extensions = Extension.objects.select_related("presence")
        return cls(user, extensions.filter(user=user).first() if user.pk else None)

    @classmethod
    def at(cls, extension: Extension) -> Self:
        """The person who has this extension."""
        return cls(extension.user, extension)

    @property
    def name(self) -> str:
        """How timelines name this person: the extension, else the login."""
        return str(self.extension) if self.extension else self.user.username

    @property
    def oversees(self) -> bool:
        """Whether this is a supervisor or an administrator."""
        return self.user.oversees
