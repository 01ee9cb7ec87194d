"""The customer's phone: what it was sent, and what it sends to the webhook."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .faults import BadControlError

KEPT = 2_000  # messages of all customers together
SHOWN_CUSTOMERS = 20  # customers that were only written to
TIMEOUT = 30.0  # seconds, for the webhook's answer
_LAYOUT = base64.b64encode(b"<smil><body><par/></body></smil>").decode()
NO_WEBHOOK = "No webhook address is set"


@dataclass(slots=True)
class PhoneMessage:
    """One message in a customer's thread. `status` and `problem`: what the webhook made of it."""

    id: int
    changed: int
    customer: str
    business: str
    from_customer: bool
    text: str
    file_urls: list[str] = field(default_factory=list)
    file_names: list[str] = field(default_factory=list)  # of the customer's own files
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
            "file_urls": self.file_urls,
            "file_names": self.file_names,
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
        self, webhook_url: str, business_numbers: Iterable[str], customer_numbers: Iterable[str]
    ) -> None:
        self._messages: deque[PhoneMessage] = deque(maxlen=KEPT)
        self._changed = 0
        self._started = time.time_ns()
        self._forgotten = 0
        self._client: aiohttp.ClientSession | None = None
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

    def receive(self, customer: str, business: str, text: str, file_urls: list[str]) -> None:
        """A message from the business arrives."""
        self._add(customer, business, text, from_customer=False, file_urls=file_urls)

    async def send(
        self, customer: str, business: str, text: str, files: dict[str, str] | None = None
    ) -> PhoneMessage:
        """The customer writes: hand it to the webhook, once, and wait for its answer. `files`: base64 by names."""
        message = self._add(customer, business, text, from_customer=True)
        message.file_names = list(files or {})
        message.state = "sending"
        try:
            message.status = await self._post(customer, business, text, files or {})
            message.state = "delivered" if message.status == 200 else "failed"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            message.state, message.problem = "failed", _in_words(error)
        except asyncio.CancelledError:
            message.state, message.problem = "failed", "The simulator was stopped"
            raise
        finally:
            self._changed += 1
            message.changed = self._changed
        return message

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
        """Drop all messages, keep the settings."""
        self._messages.clear()
        self._forgotten += 1

    async def close(self) -> None:
        """Close the connections to the webhook."""
        if self._client is not None:
            await self._client.close()

    def _add(
        self,
        customer: str,
        business: str,
        text: str,
        *,
        from_customer: bool,
        file_urls: list[str] | None = None,
    ) -> PhoneMessage:
        self._changed += 1
        message = PhoneMessage(
            self._changed, self._changed, customer, business, from_customer, text, file_urls or []
        )
        self._messages.append(message)
        return message

    async def _post(self, customer: str, business: str, text: str, files: dict[str, str]) -> int:
        if not self.webhook_url:
            raise ValueError(NO_WEBHOOK)
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        payload = {
            "type": "incomingWebhookMMS" if files else "incomingWebhookSMS",
            "caller_id_number": customer,
            "destination_number": business,
            "text": text,
        }
        if (
            files
        ):  # a text in the form of a Python dictionary, with the layout of the message as one more part
            payload["files"] = repr({**files, "message.smil": _LAYOUT})
        async with self._client.post(self.webhook_url, json=payload, allow_redirects=False) as answer:
            return answer.status


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"No answer within {TIMEOUT:g} seconds"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "Nothing answers at the webhook address"
    if isinstance(error, aiohttp.ClientConnectionError):
        return "The connection was closed without an answer"
    return str(error) if type(error) is ValueError else "The webhook address can't be used"
