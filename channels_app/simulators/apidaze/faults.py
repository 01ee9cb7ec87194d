"""Which faults there are, what a fault set by hand may say, and which request gets which."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RESOURCES = ("send", "validates")


class BadControlError(ValueError):
    """A control request that can't be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is fixed about a fault. `taken`: the message counts as accepted all the same."""

    outcome: str
    status: int | None = None
    taken: bool = False
    before_reading: bool = False
    mms_only: bool = False
    options: frozenset[str] = frozenset()


_TAKEN = frozenset({"taken"})
_RETRY = frozenset({"retry_after"})

KINDS: Mapping[str, Kind] = {
    # No answer at all
    "silence": Kind("silent", taken=True, options=_TAKEN),
    "silence_before_reading": Kind("silent", before_reading=True),
    "reset_before_reading": Kind("reset", before_reading=True),
    "reset_before_taking": Kind("reset"),
    "reset_after_taking": Kind("reset", taken=True),
    # A definite no
    "unauthorized": Kind("refused", 401),
    "not_a_pair": Kind("refused", 404),
    "unprocessable": Kind("refused", 422),
    "mms_refused": Kind("refused", 422, mms_only=True),
    "too_many_requests": Kind("refused", 429, options=_RETRY),
    "ok_false": Kind("refused", 200),
    # Not Apidaze's API, or not in its senses
    "not_found_html": Kind("error", 404),
    "redirect": Kind("error", 302, options=frozenset({"location"})),
    "server_error": Kind("error", 500, options=_TAKEN),
    "unavailable": Kind("error", 503, options=_RETRY | _TAKEN),
    "html": Kind("error", 200, options=_TAKEN),
    "not_an_object": Kind("error", 200, options=_TAKEN),
}


@dataclass(slots=True)
class Fault:
    """One fault: for the `next` so many requests, with a `probability`, or (neither) until it is cleared."""

    kind: str
    on: str = "both"
    next: int | None = None
    probability: float | None = None
    retry_after: str | None = None
    location: str = "https://www.example.com/"
    taken: bool = False
    applied: int = 0

    def as_json(self) -> dict[str, Any]:
        """As it was set, with what is left of `next` and how often it was applied."""
        shown: dict[str, Any] = {"kind": self.kind, "on": self.on, "applied": self.applied}
        for name in ("next", "probability"):
            if getattr(self, name) is not None:
                shown[name] = getattr(self, name)
        options = KINDS[self.kind].options
        return shown | {name: getattr(self, name) for name in sorted(options)}


def number_in(data: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """A JSON number between two bounds; raises BadControlError."""
    value = data[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadControlError(f"{name} must be a number from {low:g} to {high:g}")
    return value


def _true_or_false(data: Mapping[str, Any], name: str, fallback: bool) -> bool:
    value = data.get(name, fallback)
    if not isinstance(value, bool):
        raise BadControlError(f"{name} must be true or false")
    return value


def check_keys(data: object, allowed: frozenset[str] | set[str], what: str) -> dict[str, Any]:
    """The data as a dictionary with no other keys than those; raises BadControlError."""
    if not isinstance(data, dict):
        raise BadControlError(f"{what} must be a JSON object")
    if unknown := sorted(set(data) - allowed):
        raise BadControlError(f"{what} has no {unknown[0]!r}; it may have: {', '.join(sorted(allowed))}")
    return data


def _retry_after(value: object) -> str:
    """Seconds, or a date as HTTP writes it."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isprintable() and 0 < len(value) <= 100:
        return value
    raise BadControlError("retry_after must be whole seconds or a date as a short text")


def parse_fault(data: object) -> Fault:
    """A fault out of its JSON; raises BadControlError."""
    name = data.get("kind") if isinstance(data, dict) else None
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None or not isinstance(name, str):
        raise BadControlError(f"a fault must be an object with a kind, one of: {', '.join(KINDS)}")
    data = check_keys(data, {"kind", "on", "next", "probability"} | kind.options, f"the fault {name}")
    fault = Fault(name, taken=kind.taken)
    if "on" in data:
        if data["on"] not in (*RESOURCES, "both"):
            raise BadControlError("on must be send, validates or both")
        fault.on = data["on"]
    if "next" in data and "probability" in data:
        raise BadControlError("a fault has next or probability, not both")
    if "next" in data:
        fault.next = int(number_in(data, "next", 1, 1_000_000_000))
        if fault.next != data["next"]:
            raise BadControlError("next must be a whole number")
    if "probability" in data:
        fault.probability = number_in(data, "probability", 0, 1)
    if name == "too_many_requests":
        fault.retry_after = "1"
    if data.get("retry_after") is not None:
        fault.retry_after = _retry_after(data["retry_after"])
    if "location" in data:
        if not isinstance(data["location"], str) or not data["location"].isprintable():
            raise BadControlError("location must be a text on one line")
        fault.location = data["location"]
    fault.taken = _true_or_false(data, "taken", fault.taken)
    return fault


class Faults:
    """The faults in force, and the latency.

    Every request of the API asks `choose` exactly once, a message with files once more if nothing was chosen.
    """

    def __init__(self, *, latency_ms: float, jitter_ms: float, details: bool, seed: int | None) -> None:
        self.latency_ms = self._latency_ms = latency_ms
        self.jitter_ms = self._jitter_ms = jitter_ms
        self.details = self._details = details
        self.download_files = True
        self.close_idle_ms: float | None = None
        self.active: list[Fault] = []
        self._random = random.Random(seed)  # noqa: S311 - chance, not a secret

    def set(self, data: dict[str, Any]) -> None:
        """Replace everything; what is not named falls back to how the program was started."""
        listed = data.get("faults", [])
        if not isinstance(listed, list):
            raise BadControlError("faults must be a list")
        active = [parse_fault(item) for item in listed]
        for resource in RESOURCES:
            if sum(f.probability or 0 for f in active if f.on in (resource, "both")) > 1 + 1e-9:
                raise BadControlError(f"the probabilities for {resource} add up to more than 1")
        latency, jitter = (
            number_in(data, name, 0, 600_000) if name in data else fallback
            for name, fallback in (("latency_ms", self._latency_ms), ("jitter_ms", self._jitter_ms))
        )
        close_idle = None
        if data.get("close_idle_ms") is not None:
            close_idle = number_in(data, "close_idle_ms", 1, 600_000)
        details, download_files = (
            _true_or_false(data, name, fallback)
            for name, fallback in (("details", self._details), ("download_files", True))
        )
        self.active, self.details, self.close_idle_ms = active, details, close_idle
        self.download_files = download_files
        self.latency_ms, self.jitter_ms = latency, jitter

    def choose(self, resource: str, *, mms: bool = False) -> Fault | None:
        """The first fault of the list that applies to this request; `mms`: of those for MMS only.

        All probabilities share one draw, so that each is exact: 0.01 and 0.02 make 3 % of requests fail.
        """
        draw: float | None = None
        for fault in self.active:
            if fault.on not in (resource, "both") or fault.next == 0 or KINDS[fault.kind].mms_only != mms:
                continue
            if fault.probability is not None:
                draw = self._random.random() if draw is None else draw
                if draw >= fault.probability:
                    draw -= fault.probability
                    continue
            if fault.next is not None:
                fault.next -= 1
            fault.applied += 1
            return fault
        return None

    def latency(self) -> float:
        """Seconds to wait before the next answer."""
        if not self.latency_ms and not self.jitter_ms:
            return 0.0
        return (self.latency_ms + self._random.random() * self.jitter_ms) / 1000
