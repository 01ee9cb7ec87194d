"""`python manage.py check_files [--delete]`: files without a row, and rows without their file."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.files import retention, storage


class Command(BaseCommand):
    help = "Compares the stored files with the database; exits with 1 if they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="remove files without a row")

    def handle(self, *_arguments: Any, delete: bool, **_options: Any) -> None:
        found = retention.compare()
        for name in found.files:
            self.stdout.write(f"no row: {name}{' (removed)' if delete else ''}")
            if delete:
                storage.drop(name)
        for pk in found.rows:
            self.stdout.write(f"no file: attachment {pk}")
        left = len(found.rows) + (0 if delete else len(found.files))
        if left:
            raise CommandError(f"{left} differences")
        self.stdout.write("The files and the database agree.")
