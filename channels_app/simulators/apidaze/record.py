"""The log of what the API received."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from .files import PhoneFile

KEPT = 200_000  # about 100 MB when full


def fields_of(body: bytes) -> dict[str, str]:
    """A form-encoded body as a dictionary; whatever can't be read is left out. Never fails."""
    try:
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=200))
    except ValueError:
        return {}


def file_urls_of(fields: dict[str, str]) -> list[str]:
    """The addresses in `file_urls[0]`, `file_urls[1]` and so on, in the order in which they came."""
    return [value for name, value in fields.items() if name.startswith("file_urls[") and name.endswith("]")]


@dataclass(slots=True)
class Received:
    """One request. The body stays raw, to keep it small; its fields are read when somebody looks.

    `outcome` is accepted, refused, error, silent or reset; `taken` says whether Apidaze would deliver the
    message. `status` is what was answered, None where nothing was. `fault` is the kind of the fault, if any.
    """

    at: float  # seconds since the epoch
    arrived_at: float  # time.monotonic() when the request's first bytes arrived
    resource: str  # send or validates
    method: str
    target: str  # path and query as received, with api_secret
    content_type: str
    body: bytes
    sender: str
    outcome: str
    taken: bool
    status: int | None
    fault: str | None
    uuid: str | None
    files: Sequence[PhoneFile] = ()

    def as_json(self, index: int) -> dict[str, Any]:
        """What `GET /control/received` shows: all of it, the secret too, as tests compare the exact form."""
        path, _, query = self.target.partition("?")
        fields = fields_of(self.body) if self.resource == "send" else {}
        at = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        return {
            "index": index,
            "at": at.replace("+00:00", "Z"),
            "arrived_at_monotonic": self.arrived_at,
            "resource": self.resource,
            "method": self.method,
            "path": path,
            "query": query,
            "content_type": self.content_type,
            "raw_body": self.body.decode(errors="replace"),
            "from": fields.get("from"),
            "to": fields.get("to"),
            "body": fields.get("body"),
            "message_type": fields.get("message_type"),
            "file_urls": file_urls_of(fields),
            "files": [file.as_json() for file in self.files],
            "outcome": self.outcome,
            "taken": self.taken,
            "status": self.status,
            "fault": self.fault,
            "uuid": self.uuid,
        }


def most_in_a_second(arrivals: Iterable[float]) -> int:
    """The most arrivals in any rolling half-open second [t, t+1)."""
    window: deque[float] = deque()
    most = 0
    for arrival in sorted(arrivals):
        window.append(arrival)
        while arrival - window[0] >= 1.0:
            window.popleft()
        most = max(most, len(window))
    return most


class Log:
    """The newest `KEPT` requests. An index is never used twice, also after clearing."""

    def __init__(self) -> None:
        self._kept: deque[Received] = deque(maxlen=KEPT)
        self._next = 0
        self._counts: Counter[tuple[str, str, bool, str | None]] = Counter()

    def add(self, received: Received) -> None:
        """Note one request."""
        self._kept.append(received)
        self._next += 1
        self._counts[received.resource, received.outcome, received.taken, received.fault] += 1

    def clear(self) -> None:
        """Forget all requests and counts."""
        self._kept.clear()
        self._counts.clear()

    def page(self, since: int, limit: int) -> dict[str, Any]:
        """Up to `limit` requests from index `since` on; `next` is the `since` of the next page."""
        first = self._next - len(self._kept)
        start = min(max(since, first), self._next)
        stop = min(start + limit, self._next)
        items = [self._kept[index - first].as_json(index) for index in range(start, stop)]
        return {"received": items, "next": stop, "more": stop < self._next}

    def summary(self) -> dict[str, Any]:
        """Counts of all requests since the last clearing; the figures a second are of the kept sends."""
        outcomes: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        resources: Counter[str] = Counter()
        taken = 0
        for (resource, outcome, was_taken, fault), count in self._counts.items():
            resources[resource] += count
            outcomes[outcome] += count
            taken += count * was_taken
            if fault:
                faults[fault] += count
        arrivals: defaultdict[str, list[float]] = defaultdict(list)
        for received in self._kept:
            if received.resource == "send":
                arrivals[received.sender].append(received.arrived_at)
        everyone = [moment for moments in arrivals.values() for moment in moments]
        return {
            "total": resources.total(),
            "kept": len(self._kept),
            "sends": resources["send"],
            "validates": resources["validates"],
            "taken": taken,
            "outcomes": dict(outcomes),
            "faults": dict(faults),
            "most_in_a_second": most_in_a_second(everyone),
            "seconds_from_first_to_last_send": max(everyone) - min(everyone) if everyone else 0.0,
            "senders": {
                sender: {"sends": len(moments), "most_in_a_second": most_in_a_second(moments)}
                for sender, moments in arrivals.items()
            },
        }
