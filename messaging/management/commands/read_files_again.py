"""`python manage.py read_files_again MESSAGE …`: for messages whose files could not all be read."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.files import taking_out
from messaging.models import Message


class Command(BaseCommand):
    help = "Reads the files out of messages' stored requests again, as long as these are kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("message", type=int, nargs="+")

    def handle(self, *_arguments: Any, message: list[int], **_options: Any) -> None:
        for message_id in message:
            try:
                is_there = taking_out.read_again(message_id)
            except Message.DoesNotExist:
                is_there = False
            if not is_there:
                raise CommandError(f"message {message_id}: its stored request is no longer kept")
            taking_out.take_out(message_id)
            for file in Message.objects.get(pk=message_id).attachments.all():
                self.stdout.write(f"{file.name}: {file.problem or file.get_state_display()}")
