"""One error for everything a person may not do just now, with the sentence that the person reads."""

from __future__ import annotations


class RefusedError(Exception):
    """Refused for a reason that the person is told; nothing was changed. `str()` is the sentence."""


class NotFoundError(Exception):
    """There is no such thing, or this person may not know of it: answered 404."""


class TakenError(RefusedError):
    """A colleague was quicker, and has the session now: it is out of sight, so its addresses answer 404."""
