"""Whether a process answers yet."""

from __future__ import annotations

import http.client
import socket

from config.launch.processes import Address

# Short, since the launcher passes on no output while it asks.
ANSWER_SECONDS = 1.0


def is_answering(address: Address) -> bool:
    """Whether the address answers now: 200 to a GET of its path, or PONG to a PING where it has none."""
    try:
        return _gets(address) if address.path else _pings(address)
    except (OSError, http.client.HTTPException):
        return False


def _gets(address: Address) -> bool:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status == 200
    finally:
        connection.close()


def _pings(address: Address) -> bool:
    with socket.create_connection((address.host, address.port), timeout=ANSWER_SECONDS) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
