"""What the simulator's tests say to it: requests as Apidaze's SDKs form them, and bare sockets."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import requests

from tests.support.simulator import Simulator

GOOD = {"from": "14102161183", "to": "13057673260", "body": "Hello"}


def send(
    simulator: Simulator,
    data: Mapping[str, str | None] | bytes | None = None,
    *,
    timeout: float = 10,
    **options: str,
) -> requests.Response:
    """POST one message on a connection of its own, without following redirects."""
    return requests.post(
        f"{simulator.base_url}/{options.get('key', 'demo-key')}/sms/send",
        params={"api_secret": options.get("secret", "demo-secret")},
        data=GOOD if data is None else data,
        headers={"Content-Type": options.get("content_type", "application/x-www-form-urlencoded")},
        allow_redirects=False,
        timeout=timeout,
    )


def validate(simulator: Simulator, key: str = "demo-key", secret: str = "demo-secret") -> requests.Response:
    """Ask whether a key and a secret are a pair."""
    return requests.get(
        f"{simulator.base_url}/{key}/validates",
        params={"api_secret": secret},
        allow_redirects=False,
        timeout=10,
    )


def connect(simulator: Simulator) -> socket.socket:
    """A bare connection to the API's port."""
    address = urlsplit(simulator.base_url)
    assert address.hostname is not None
    assert address.port is not None
    return socket.create_connection((address.hostname, address.port), timeout=5)


def raw_send() -> bytes:
    """A good message as bytes, for a bare connection."""
    body = urlencode(GOOD)
    return (
        "POST /demo-key/sms/send?api_secret=demo-secret HTTP/1.1\r\nHost: apidaze\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
