"""Logins that are locked for a while after repeated wrong passwords."""

from __future__ import annotations

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.utils import timezone

from channels_app.models import User


def locked_usernames() -> set[str]:
    """The login names that are locked now for at least one address."""
    attempts = AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT)
    if cool_off := get_cool_off(None):
        attempts = attempts.filter(attempt_time__gt=timezone.now() - cool_off)
    return {name for name in attempts.values_list("username", flat=True) if name}


def unlock(user: User) -> bool:
    """Lets `user` try again at once; returns whether there was a lock or a failed attempt."""
    return bool(reset(username=user.username))
