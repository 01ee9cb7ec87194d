"""What pages show: plain values with a version, so that a page can ask whether anything is new."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Shown:
    """A value of a page. Two that look the same have the same version."""

    @property
    def version(self) -> str:
        return hashlib.sha256(repr(self).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def clock(at: dt.datetime) -> str:
    """The time of day, in the portal's time zone."""
    return date_format(timezone.localtime(at), "H:i")


def day(at: dt.datetime) -> str:
    """The day in words: today, yesterday, or the date."""
    date, today = timezone.localdate(at), timezone.localdate()
    if date == today:
        return _("Today")
    if date == today - dt.timedelta(days=1):
        return _("Yesterday")
    return date_format(date, "l, j F" if date.year == today.year else "j F Y")


def short_time(at: dt.datetime) -> str:
    """As short as it is still clear: the time today, the date before."""
    date, today = timezone.localdate(at), timezone.localdate()
    if date == today:
        return clock(at)
    return date_format(date, "j M" if date.year == today.year else "j M Y")


def about(seconds: float) -> str:
    """A time to come, in one unit: *12 s*, *3 min*, *2 h*."""
    if seconds < 90:
        return _("%(number)s s") % {"number": round(seconds)}
    if seconds < 90 * 60:
        return _("%(number)s min") % {"number": round(seconds / 60)}
    return _("%(number)s h") % {"number": round(seconds / 3600)}


def how_long(since: dt.datetime) -> str:
    """How long ago, in one unit: *under a minute*, *12 min*, *3 h*, *2 d*."""
    minutes = int((timezone.now() - since).total_seconds() // 60)
    if minutes < 1:
        return _("under a minute")
    if minutes < 60:
        return _("%(number)s min") % {"number": minutes}
    if minutes < 48 * 60:
        return _("%(number)s h") % {"number": minutes // 60}
    return _("%(number)s d") % {"number": minutes // (24 * 60)}
