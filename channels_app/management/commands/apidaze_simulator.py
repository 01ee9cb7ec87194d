"""`manage.py apidaze_simulator`: the program that plays Apidaze, for demo, tests and benchmarks."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from channels_app.providers.apidaze.simulator.options import add_arguments, options_from
from channels_app.providers.apidaze.simulator.server import run


class Command(BaseCommand):
    help = "Plays Apidaze's messaging API and the customer's phone, until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run(options_from(options)))
