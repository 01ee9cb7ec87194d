"""The seam between Trunkline and an ITSP: plain values in, plain values out, no database.

An adapter implements `Provider`; everything else here is the small vocabulary the two sides share.
`http.py` beside this file is the HTTP client that adapters send with.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from .found_file import FoundFile

__all__ = [
    "Account",
    "CheckOutcome",
    "CheckResult",
    "CredentialField",
    "FoundFile",
    "InboundMessage",
    "NotAMessageError",
    "NotUnderstoodError",
    "OutboundMessage",
    "Provider",
    "SendOutcome",
    "SendResult",
]


class SendOutcome(enum.StrEnum):
    """What became of one hand-over to an ITSP. The comment says what the sender does with it."""

    SENT = "sent"  # accepted: done
    FAILED = "failed"  # definitely refused: done, shown with the ITSP's words
    UNCONFIRMED = "unconfirmed"  # may have been accepted: never handed over again by itself
    NOT_DEPARTED = "not_departed"  # no byte left: queued again, the channel backs off
    SLOW_DOWN = "slow_down"  # refused for now: queued again, the channel waits `retry_after`
    BAD_CREDENTIALS = "bad_credentials"  # queued again, the channel waits until a check succeeds
    WRONG_ADDRESS = "wrong_address"  # not the ITSP's API that answered: as BAD_CREDENTIALS


class CheckOutcome(enum.StrEnum):
    """What a credential check found."""

    VALID = "valid"
    REJECTED = "rejected"
    NOT_CHECKED = "not_checked"  # the ITSP gave no answer that says either


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One secret that the channel's form asks for. `name` is the key in `Account.credentials`."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Account:
    """Where and as whom to talk to an ITSP. `repr()` never shows the credentials."""

    base_url: str
    credentials: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to hand over. Numbers as Trunkline keeps them (E.164 with `+`, or a sender ID)."""

    sender: str
    recipient: str
    text: str
    file_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendResult:
    """What the ITSP's answer means.

    `code` is ours, short and stable (shown and filtered by); `detail` is in the ITSP's own words and free
    of credentials; `message_id` is the ITSP's, "" where it gives none; `retry_after` is in seconds.
    """

    outcome: SendOutcome
    code: str = ""
    detail: str = ""
    message_id: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a credential check found. `code` and `detail` are as in `SendResult`."""

    outcome: CheckOutcome
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message as the ITSP's webhook brought it.

    Numbers: E.164 with `+` where the ITSP's form allows to tell, else as they came (a short code, a name).
    `message_id` is "" where the ITSP gives none. `has_files` says that the body carries files; `files_digest`
    is the SHA-256 (hex) over the files as they stand in the body, "" without any, to tell repeats apart.
    """

    sender: str
    recipient: str
    text: str
    message_id: str = ""
    has_files: bool = False
    files_digest: str = ""


class NotUnderstoodError(Exception):
    """The webhook's body can't be understood: answered 400. The text is for the webhook log."""


class NotAMessageError(Exception):
    """The webhook's body is understood and is no message (a delivery report, say): answered 200, logged."""


class Provider(Protocol):
    """What an ITSP's adapter offers. Adapters keep no state between calls; many threads may use one."""

    slug: str  # in the database and in the webhook's address; never change it
    label: str  # shown to people
    credential_fields: tuple[CredentialField, ...]
    requires_accompanying_text: bool  # the API refuses files without a text
    default_base_url: str

    def send(
        self, account: Account, message: OutboundMessage, *, depart: Callable[[], None], timeout: float
    ) -> SendResult:
        """Hand one message over, once.

        `depart` is called once, immediately before the first byte of the request leaves; what it raises comes
        through unchanged, and then nothing has left. `timeout` bounds the whole call, in seconds. Raises
        nothing of its own: every failure is a `SendResult`.
        """
        ...

    def check_credentials(self, account: Account, *, timeout: float) -> CheckResult:
        """Ask the ITSP whether the credentials are valid. Raises nothing."""
        ...

    def parse_inbound(self, stream: BinaryIO, headers: Mapping[str, str]) -> InboundMessage:
        """Read one webhook body. `headers` keys are as HTTP spells them (`Content-Type`).

        Reads the stream piecewise: memory does not grow with the files in the body. Raises
        `NotUnderstoodError` or `NotAMessageError`.
        """
        ...

    def read_files(self, stream: BinaryIO, open_file: Callable[[], BinaryIO]) -> list[FoundFile]:
        """The files of a webhook body, in its order; layout parts are named as such, without their content.

        Each content is written to a new file of `open_file` as it is read, so that memory stays flat; it is given
        back open, at its start, and the caller closes it. Raises what the stream and those files raise, and
        nothing of its own: a part that is broken or not understood has a `problem`, and costs no other. Nothing is
        passed over: a body for which `parse_inbound` says `has_files` gives at least one.
        """
        ...

    def redact_body(self, stream: BinaryIO, limit: int) -> str:
        """The body for the webhook log: at most `limit` characters, file contents cut out. Raises nothing."""
        ...
