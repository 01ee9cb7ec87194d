"""What the simulator can be told at its start, for both ways of starting it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .downloads import SECONDS


@dataclass(frozen=True, slots=True)
class Options:
    """`control_port` None: no second listener. A port of 0 means any free one."""

    host: str = "127.0.0.1"
    port: int = 8010
    control_port: int | None = None
    api_key: str = "demo-key"
    api_secret: str = "demo-secret"  # noqa: S105 - a test double's
    webhook_url: str = ""
    business_numbers: tuple[str, ...] = ()
    customer_numbers: tuple[str, ...] = ()
    latency_ms: float = 0
    jitter_ms: float = 0
    details: bool = True
    download_seconds: float = SECONDS
    seed: int | None = None


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _milliseconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 600_000:
        raise argparse.ArgumentTypeError("give milliseconds, from 0 to 600000")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("give seconds, up to 3600")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the simulator's options to a parser."""
    default = Options()
    add = parser.add_argument
    add("--host", default=default.host, help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=default.port, help="port of everything (default: %(default)s)")
    add("--control-port", type=_port, help="a second port that stays open while --port refuses connections")
    add(
        "--api-key",
        default=os.environ.get("APIDAZE_SIMULATOR_KEY", default.api_key),
        help="the only API key it takes (default: APIDAZE_SIMULATOR_KEY, else demo-key)",
    )
    add(
        "--api-secret",
        default=os.environ.get("APIDAZE_SIMULATOR_SECRET", default.api_secret),
        help="the secret that goes with it (default: APIDAZE_SIMULATOR_SECRET, else demo-secret)",
    )
    add("--webhook-url", default="", help="where the phone's messages go")
    add("--business-number", action="append", default=[], help="a number to write to; can be repeated")
    add("--customer-number", action="append", default=[], help="a customer to play; can be repeated")
    add("--latency-ms", type=_milliseconds, default=0.0, help="wait this long before each answer of the API")
    add("--jitter-ms", type=_milliseconds, default=0.0, help="and up to this much longer, at random")
    add("--without-details", action="store_true", help="answer in the older form, without a message id")
    add(
        "--download-seconds",
        type=_seconds,
        default=default.download_seconds,
        help="give up on a file of a message after so long (default: %(default)g)",
    )
    add("--seed", type=int, help="make faults with a probability repeatable")


def options_from(parsed: Mapping[str, Any]) -> Options:
    """The options out of a parser's result; keys that are not the simulator's are ignored."""
    return Options(
        host=parsed["host"],
        port=parsed["port"],
        control_port=parsed["control_port"],
        api_key=parsed["api_key"],
        api_secret=parsed["api_secret"],
        webhook_url=parsed["webhook_url"],
        business_numbers=tuple(parsed["business_number"]),
        customer_numbers=tuple(parsed["customer_number"]),
        latency_ms=parsed["latency_ms"],
        jitter_ms=parsed["jitter_ms"],
        details=not parsed["without_details"],
        download_seconds=parsed["download_seconds"],
        seed=parsed["seed"],
    )
