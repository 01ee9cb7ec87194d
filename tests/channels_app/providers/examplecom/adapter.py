"""Examplecom as a provider: JSON both ways, and a Bearer key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import BinaryIO

from channels_app.providers.base import (
    Account,
    CheckOutcome,
    CheckResult,
    CredentialField,
    FoundFile,
    InboundMessage,
    OutboundMessage,
    SendOutcome,
    SendResult,
)
from channels_app.providers.base.answers import meaning_of_no_answer, tokens_of
from channels_app.providers.base.http import BadAddressError, NoAnswerError, exchange

from . import inbound
from .answers import meaning_of


class Examplecom:
    slug = "examplecom"
    label = "Examplecom"
    credential_fields = (CredentialField("api_key", "API Key"),)
    requires_accompanying_text = False
    default_base_url = "https://api.example.com/v1"

    def send(
        self, account: Account, message: OutboundMessage, *, depart: Callable[[], None], timeout: float
    ) -> SendResult:
        key = _key_of(account)
        if not key:
            return SendResult(SendOutcome.BAD_CREDENTIALS, code="credentials")
        content = {
            "sender": message.sender,
            "recipient": message.recipient,
            "content": message.text,
            "attachments": message.file_urls,
        }
        try:
            answer = exchange(
                "POST",
                account.base_url,
                "/messages",
                headers={"Authorization": f"Bearer {key}"},
                body=json.dumps(content).encode(),
                content_type="application/json",
                depart=depart,
                timeout=timeout,
            )
        except BadAddressError:
            return SendResult(SendOutcome.WRONG_ADDRESS, code="wrong_address")
        except NoAnswerError as error:
            return meaning_of_no_answer(error)
        return meaning_of(answer, (key, *tokens_of(message)))

    def check_credentials(self, account: Account, *, timeout: float) -> CheckResult:
        key = _key_of(account)
        if not key:
            return CheckResult(CheckOutcome.REJECTED, code="credentials")
        headers = {"Authorization": f"Bearer {key}"}
        try:
            answer = exchange("GET", account.base_url, "/account", headers=headers, timeout=timeout)
        except BadAddressError:
            return CheckResult(CheckOutcome.NOT_CHECKED, code="wrong_address")
        except NoAnswerError as error:
            return CheckResult(CheckOutcome.NOT_CHECKED, code=meaning_of_no_answer(error).code)
        meaning = meaning_of(answer, (key,))
        if answer.status == 200 and answer.body.startswith(b"{"):
            return CheckResult(CheckOutcome.VALID)
        if meaning.outcome is SendOutcome.BAD_CREDENTIALS:
            return CheckResult(CheckOutcome.REJECTED, code=meaning.code, detail=meaning.detail)
        return CheckResult(CheckOutcome.NOT_CHECKED, code=meaning.code or "unexpected", detail=meaning.detail)

    def parse_inbound(self, stream: BinaryIO, headers: Mapping[str, str]) -> InboundMessage:
        return inbound.parse_inbound(stream)

    def read_files(self, stream: BinaryIO, open_file: Callable[[], BinaryIO]) -> list[FoundFile]:
        return inbound.read_files(stream)

    def redact_body(self, stream: BinaryIO, limit: int) -> str:
        return inbound.redact_body(stream, limit)


def _key_of(account: Account) -> str:
    """The key; "" where there is none, or none that can stand in a header."""
    key = (account.credentials.get("api_key") or "").strip()
    return key if key.isascii() and key.isprintable() else ""
