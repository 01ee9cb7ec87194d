"""Checks domains over the network and records the results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from django.db.models import Q
from django.utils import timezone

from channels_app.models import Domain
from channels_app.reachability import TIMEOUT, reach

AT_ONCE = 16
DAY = dt.timedelta(hours=23)  # an hour less, so that the next round is not seconds too early


def check(domains: Iterable[Domain], *, timeout: float = TIMEOUT) -> list[Domain]:
    """Checks these, many at once, with `timeout` seconds for each. Not to be called inside a transaction."""
    domains = list(domains)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="domain") as threads:
        # The threads only use the network, so they need no database connection.
        found = threads.map(lambda domain: reach(domain.host, domain.port, timeout=timeout), domains)
        for domain, reached in zip(domains, found, strict=True):
            domain.record(reached)
    return domains


def check_due() -> None:
    """Checks domains that have not been checked for a day."""
    due = Q(checked_at=None) | Q(checked_at__lt=timezone.now() - DAY)
    check(Domain.objects.filter(due))
