"""Presence: people say that they are away; that a page of theirs is open, the page says."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from channels_app.models import Extension
from messaging.models import Presence

SEEN_LATELY = dt.timedelta(seconds=30)  # several tabs tell it; not each is written down


def see(extension: Extension) -> None:
    """A page of this person is open now."""
    now = timezone.now()
    found, _created = Presence.objects.get_or_create(extension=extension, defaults={"seen_at": now})
    if found.seen_at < now - SEEN_LATELY:
        Presence.objects.filter(pk=extension.pk, seen_at__lt=now).update(seen_at=now)


def set_away(extension: Extension, *, away: bool) -> None:
    """Away until this person says otherwise; or available again."""
    Presence.objects.update_or_create(
        extension=extension, defaults={"is_away": away, "seen_at": timezone.now()}
    )


def is_away_by_hand(extension: Extension | None) -> bool:
    """Whether this person has said so; asks nothing of the database for who was found by `Person.of`."""
    presence = getattr(extension, "presence", None)
    return presence is not None and presence.is_away


def with_presence(extensions: QuerySet[Extension]) -> QuerySet[Extension]:
    """Adds `is_available` to each."""
    return extensions.annotate(is_available=is_available())


def is_available() -> Exists:
    """A condition on extensions: whose person is here now."""
    return Exists(Presence.objects.available().filter(extension=OuterRef("pk")))
