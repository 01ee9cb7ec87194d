"""`manage.py recount_traffic`: compares the channels' figures with the messages, and repairs them if asked to."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from channels_app.models import Channel
from messaging.models.traffic import quarter_of
from messaging.traffic import rollups
from messaging.traffic.recount import recount


class Command(BaseCommand):
    help = (
        "Recounts the messages of the last days, or all, and lists where the channels' figures differ. "
        "Exits with 1 if they do and were not repaired."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, help="only the last so many days")
        parser.add_argument("--repair", action="store_true", help="repair what differs")

    def handle(self, *args: Any, **options: Any) -> None:
        days, repair = options["days"], options["repair"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--days must be a whole number from 1 to 36,500.")
        start = quarter_of(timezone.now() - dt.timedelta(days=days)) if days else None
        names = dict(Channel.objects.values_list("pk", "name"))
        differences = recount(start, None, repair=repair)
        for each in differences:
            channel = names.get(each.channel_id, each.channel_id)
            self.stdout.write(
                f"{each.quarter_at:%Y-%m-%d %H:%M} UTC, {channel}: {each.field} is {each.counted}, "
                f"the messages say {each.recounted}"
            )
        days = rollups.differing()
        for rollup in days:
            channel = names.get(rollup.channel_id, rollup.channel_id)
            self.stdout.write(
                f"{rollup.day}, {channel}: the day's rollup is not the sum of its quarter hours"
            )
        if days and repair:
            rollups.forget()
            rollups.roll_up()
        if not (found := len(differences) + len(days)):
            self.stdout.write("The figures match the messages.")
        elif repair:
            self.stdout.write(f"Repaired {found} figures.")
        else:
            raise CommandError(f"{found} figures differ. Use --repair to repair them.")
