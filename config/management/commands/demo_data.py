"""`manage.py demo_data`: fills an empty portal with something to try out, once."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from channels_app.models import Channel, Extension, MessageQueue, Role, RoutingRule, User

PEOPLE = [("1001", "Anna Berg"), ("1002", "Ben Okafor"), ("1003", "Carla Díaz")]
QUEUE_NUMBER, EXTENSION_NUMBER = "+14102161183", "+14102161184"
WORDS = (
    "amber birch cedar delta ember fjord grove harbor indigo juniper lagoon maple nectar opal pebble quartz"
)


class Command(BaseCommand):
    help = (
        "Fills an empty portal: an administrator, three agents, a queue and a channel against the simulator. "
        "Does nothing where somebody has a login already."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if User.objects.exists():
                return
            passwords = _people()
            channel = _channel()
        sign_in = Path(settings.TRUNKLINE_HOME) / "demo-sign-in.txt"
        with open(os.open(sign_in, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(f"{name} {password}\n" for name, password in passwords.items())
        self.stdout.write(f"Demo data made; channel “{channel.name}”, sign-in in {sign_in}")


def _password() -> str:
    """Easy to type, and 16 words to the power of 3 times a million: enough for a portal on this machine."""
    words = WORDS.split()
    return "-".join([*(secrets.choice(words) for _unused in range(3)), f"{secrets.randbelow(10**6):06}"])


def _people() -> dict[str, str]:
    passwords = {name: _password() for name in ["admin", *(number for number, _name in PEOPLE)]}
    User.objects.create_superuser("admin", passwords["admin"])
    queue = MessageQueue.objects.create(name="Support")
    for number, name in PEOPLE:
        user = User.objects.create_user(number, passwords[number], role=Role.AGENT)
        queue.agents.add(Extension.objects.create(number=number, name=name, user=user))
    return passwords


def _channel() -> Channel:
    channel = Channel(
        name="Apidaze (simulator)",
        itsp="apidaze",
        base_url=f"http://127.0.0.1:{os.environ.get('SIMULATOR_PORT') or 8002}",
        sending_rate=10,
    )
    channel.set_credentials({"api_key": "demo-key", "api_secret": "demo-secret"})
    channel.save()
    support, anna = MessageQueue.objects.get(), Extension.objects.get(number="1001")
    registered = RoutingRule.Registration.REGISTERED
    first = RoutingRule.objects.create(
        channel=channel, number=QUEUE_NUMBER, destination_queue=support, registration=registered
    )
    second = RoutingRule.objects.create(
        channel=channel, number=EXTENSION_NUMBER, destination_extension=anna, registration=registered
    )
    first.allowed_extensions.set(support.agents.all())
    second.allowed_extensions.add(anna)
    return channel
