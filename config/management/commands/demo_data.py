"""`manage.py demo_data`: fills an empty portal with something to try out, once."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.urls import reverse

from channels_app.models import Channel, Extension, MessageQueue, Role, RoutingRule, User

PEOPLE = [("1001", "Anna Berg"), ("1002", "Ben Okafor"), ("1003", "Carla Díaz")]
QUEUE_NUMBER, EXTENSION_NUMBER = "+14102161183", "+14102161184"
CUSTOMERS = ["+13057673260", "+16505550142"]
WORDS = (
    "amber birch cedar delta ember fjord grove harbor indigo juniper lagoon maple nectar opal pebble quartz"
)


class Command(BaseCommand):
    help = (
        "Fills an empty portal with an administrator, three agents, a queue and a channel at the simulator. "
        "If there is a login already, it creates nothing and only updates the addresses in the demo channel and "
        "the simulator."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        home = Path(settings.TRUNKLINE_HOME)
        simulator = home / "demo-simulator.json"
        if not User.objects.exists():
            account = {"api_key": f"demo-{secrets.token_hex(8)}", "api_secret": secrets.token_urlsafe(24)}
            with transaction.atomic():
                passwords = _people()
                channel = _channel(account)
            _keep(home / "demo-sign-in.txt", "".join(f"{name} {word}\n" for name, word in passwords.items()))
            _keep(simulator, json.dumps(account | {"channel": channel.pk}))
            self.stdout.write(f"Created the demo: {len(passwords)} people and the channel “{channel.name}”.")
        if simulator.exists():
            _tell_simulator(simulator)


def _tell_simulator(file: Path) -> None:
    """Brings the ports and the webhook's token up to date, on both sides: both may have changed."""
    known = json.loads(file.read_text())
    channel = Channel.objects.filter(pk=known["channel"]).first()
    if channel is None:
        return
    if channel.base_url.startswith("http://127.0.0.1:"):
        channel.base_url = _simulator_address()
        channel.save(update_fields=["base_url"])
    path = reverse("webhook", args=[channel.itsp, channel.webhook_token])
    known["phone"] = {
        "webhook_url": f"http://127.0.0.1:{settings.PORT}{path}",
        "business_numbers": [QUEUE_NUMBER, EXTENSION_NUMBER],
        "customer_numbers": CUSTOMERS,
    }
    _keep(file, json.dumps(known))


def _simulator_address() -> str:
    return f"http://127.0.0.1:{os.environ.get('SIMULATOR_PORT') or 8002}"


def _password() -> str:
    """Easy to type, with 16³ × 10⁶ possibilities: enough for a portal on one's own machine."""
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


def _channel(account: dict[str, str]) -> Channel:
    channel = Channel(
        name="Apidaze (simulator)", itsp="apidaze", base_url=_simulator_address(), sending_rate=10
    )
    channel.set_credentials(account)
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


def _keep(file: Path, text: str) -> None:
    """Writes a file that only its owner may read."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
