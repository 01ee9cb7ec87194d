"""Times, written as short as is unambiguous."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.formats import date_format


def moment(at: dt.datetime) -> str:
    """*10:32* today, *24 Nov, 10:32* this year, and with the year before."""
    local, today = timezone.localtime(at), timezone.localdate()
    if local.date() == today:
        return date_format(local, "H:i")
    return date_format(local, "j M, H:i" if local.year == today.year else "j M Y, H:i")
