"""One error for everything a person may not do right now, with the sentence the person reads."""

from __future__ import annotations


class RefusedError(Exception):
    """Refused, and nothing was changed. `str()` is the sentence that tells the person why."""


class NotFoundError(Exception):
    """It does not exist, or this person may not know of it: answered 404."""


class TakenError(RefusedError):
    """A colleague was quicker, and has the session now: it is out of sight, so its addresses answer 404."""
