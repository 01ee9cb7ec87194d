"""`manage.py generate_traffic`: fills a trial portal with any number of made-up sessions and messages."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from messaging.management.made_up_traffic import make_up
from messaging.models import Session
from messaging.refusal import RefusedError


class Command(BaseCommand):
    help = (
        "Fills the portal with made-up sessions of the last year, using its numbers, queues and extensions. "
        "For trying out: they can't be told from real ones later. None of them is sent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sessions", type=int, default=1000)
        parser.add_argument("--messages", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same traffic")
        parser.add_argument("--add", action="store_true", help="even if there are sessions already")

    def handle(self, *args: Any, **options: Any) -> None:
        sessions, messages = options["sessions"], options["messages"]
        if not 1 <= sessions <= messages:
            raise CommandError(
                "A session has at least one message: --sessions from 1 to the number of --messages."
            )
        if Session.objects.exists() and not options["add"]:
            raise CommandError("There are sessions already. Use --add to add made-up ones to them.")
        try:
            for done in make_up(sessions, messages, options["seed"]):
                if done % 10_000 == 0:
                    self.stdout.write(f"{done:,} sessions")
        except RefusedError as refusal:
            raise CommandError(str(refusal)) from None
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # the database plans queries by what it believes is there
        self.stdout.write(f"Made up {sessions:,} sessions with {messages:,} messages.")
