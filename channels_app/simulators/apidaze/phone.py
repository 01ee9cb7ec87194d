"""The customer's phone: what it was sent, and what it sends to the webhook."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .downloads import Downloads
from .faults import BadControlError
from .files import FileState, FileStore, PhoneFile, name_in
from .webhook import Webhook, in_words

KEPT = 2_000  # messages of all customers together
SHOWN_CUSTOMERS = 20  # customers that were only written to


@dataclass(slots=True)
class PhoneMessage:
    """One message in a customer's thread. `status` and `problem`: what the webhook made of it."""

    id: int
    changed: int
    customer: str
    business: str
    from_customer: bool
    text: str
    files: list[PhoneFile] = field(default_factory=list)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: str = "received"  # or sending, delivered, failed
    status: int | None = None
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the page and `POST /control/phone/send` show it."""
        return {
            "id": self.id,
            "customer": self.customer,
            "business": self.business,
            "from_customer": self.from_customer,
            "text": self.text,
            "file_urls": [file.address for file in self.files if file.address],
            "files": [file.as_json() for file in self.files],
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "state": self.state,
            "status": self.status,
            "problem": self.problem,
        }


def digits_of(value: object, name: str) -> str:
    """A number as a person may write it, as digits; raises BadControlError."""
    digits = re.sub(r"[\s+().-]", "", value) if isinstance(value, str) else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise BadControlError(f"Write a phone number with its country code, such as 13057673260 ({name})")
    return digits


def webhook_address(value: object) -> str:
    """A webhook address, or "" for none; raises BadControlError."""
    if not isinstance(value, str):
        raise BadControlError("webhook_url must be a text")
    url = value.strip()
    try:
        parts = urlsplit(url)
        good = not url or (parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        good = False
    if not good:
        raise BadControlError("The webhook address (webhook_url) must start with http:// or https://")
    return url


def _numbers(value: object, name: str) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > 1000:
        raise BadControlError(f"{name} must be a list of phone numbers")
    return list(dict.fromkeys(digits_of(item, name) for item in value))


class Phone:
    """The phones of all customers, and the one webhook they write to."""

    def __init__(
        self,
        webhook_url: str,
        business_numbers: Iterable[str],
        customer_numbers: Iterable[str],
        store: FileStore,
        downloads: Downloads,
    ) -> None:
        self._messages: deque[PhoneMessage] = deque()
        self._changed = 0
        self._started = time.time_ns()
        self._forgotten = 0
        self._store = store
        self._downloads = downloads
        self._webhook = Webhook()
        self.webhook_url = ""
        self.business_numbers: list[str] = []
        self.customer_numbers: list[str] = []
        self.configure(
            {
                "webhook_url": webhook_url,
                "business_numbers": list(business_numbers),
                "customer_numbers": list(customer_numbers),
            }
        )

    def configure(self, data: dict[str, Any]) -> None:
        """Change what is named, leave the rest; raises BadControlError and then changes nothing."""
        url = webhook_address(data.get("webhook_url", self.webhook_url))
        business = _numbers(data.get("business_numbers", self.business_numbers), "business_numbers")
        customers = _numbers(data.get("customer_numbers", self.customer_numbers), "customer_numbers")
        self.webhook_url, self.business_numbers, self.customer_numbers = url, business, customers

    def receive(
        self, customer: str, business: str, text: str, file_urls: Sequence[str], *, download: bool
    ) -> PhoneMessage:
        """A message from the business arrives. `download`: whether its files will be; see `fetch_files`."""
        message = self._add(customer, business, text, from_customer=False)
        state = FileState.WAITING if download else FileState.NOT_DOWNLOADED
        message.files = [
            PhoneFile(message.id, position, name_in(address), address, state)
            for position, address in enumerate(file_urls)
        ]
        return message

    def fetch_files(self, message: PhoneMessage) -> None:
        """Download the files of a message in the background."""
        if any(file.state is FileState.WAITING for file in message.files):
            self._downloads.start(message.files, lambda: self._touch(message))

    async def send(
        self, customer: str, business: str, text: str, files: Sequence[PhoneFile] = ()
    ) -> PhoneMessage:
        """The customer writes: hand it to the webhook, once, and wait for its answer."""
        message = self._add(customer, business, text, from_customer=True)
        for position, file in enumerate(files):
            file.message_id, file.position = message.id, position
            file.name = _unused(file.name, {each.name for each in message.files})
            message.files.append(file)
        message.state = "sending"
        fields = {"caller_id_number": customer, "destination_number": business, "text": text}
        try:
            message.status = await self._webhook.post(self.webhook_url, fields, message.files)
            message.state = "delivered" if message.status == 200 else "failed"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            message.state, message.problem = "failed", in_words(error)
        except asyncio.CancelledError:
            message.state, message.problem = "failed", "The simulator was stopped"
            raise
        finally:
            self._touch(message)
        return message

    def file(self, message_id: int, position: int) -> PhoneFile | None:
        """A file of a message that is still remembered."""
        for message in reversed(self._messages):
            if message.id == message_id:
                return message.files[position] if position < len(message.files) else None
        return None

    def state(self, customer: str, since: int) -> dict[str, Any]:
        """The settings, and the messages of one customer that are new or changed after `since`.

        `generation` changes when all messages were dropped, by `forget` or a restart.
        """
        newest: dict[str, int] = {}
        for message in reversed(self._messages):
            newest.setdefault(message.customer, message.id)
        others = [number for number in newest if number not in self.customer_numbers][:SHOWN_CUSTOMERS]
        return {
            "webhook_url": self.webhook_url,
            "business_numbers": self.business_numbers,
            "customer_numbers": self.customer_numbers,
            "other_customers": others,
            "newest": {n: newest[n] for n in (*self.customer_numbers, *others) if n in newest},
            "generation": f"{self._started}-{self._forgotten}",
            "changed": self._changed,
            "messages": [
                message.as_json()
                for message in self._messages
                if message.customer == customer and message.changed > since
            ],
        }

    def forget(self) -> None:
        """Drop all messages and files, keep the settings."""
        self._messages.clear()
        self._forgotten += 1
        self._downloads.give_up()
        self._store.clear()

    async def close(self) -> None:
        """Close the connections to the webhook."""
        await self._webhook.close()

    def _add(self, customer: str, business: str, text: str, *, from_customer: bool) -> PhoneMessage:
        self._changed += 1
        message = PhoneMessage(self._changed, self._changed, customer, business, from_customer, text)
        if len(self._messages) == KEPT:
            for file in self._messages.popleft().files:
                self._store.drop(file)
        self._messages.append(message)
        return message

    def _touch(self, message: PhoneMessage) -> None:
        self._changed += 1
        message.changed = self._changed


def _unused(name: str, used: set[str]) -> str:
    """A name that is not used yet: Apidaze gives files by their names, so two can't have the same."""
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    numbered = (f"{stem} ({number}){dot}{ending}" for number in itertools.count(2))
    return next(each for each in itertools.chain([name], numbered) if each not in used)
