"""Whether the ports that are about to be used are free.

The web server binds with port sharing: a second one on the same port would start without an error and take
every other request. So the ports are tried before anything starts.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable

from config.launch.environment import LaunchError, Port

CONNECT_SECONDS = 0.3


def check_ports(ports: Iterable[Port]) -> None:
    """Raises LaunchError for the first port that is taken, or that this machine or user can't listen on."""
    seen: dict[int, Port] = {}
    for port in ports:
        if twin := seen.setdefault(port.number, port) if port.number in seen else None:
            raise LaunchError(
                f"{twin.setting} and {port.setting} are both {port.number}: set one of them to another port."
            )
        seen[port.number] = port
        _check(port)


def _check(port: Port) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            port.host, port.number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as listener:
            # So that connections of an earlier run that are still closing don't count as taken.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        raise LaunchError(_reason(port, error)) from error
    # Some systems let one bind beside a listener on all addresses; a connection tells.
    with socket.socket(family, kind) as client:
        client.settimeout(CONNECT_SECONDS)
        if client.connect_ex(address) == 0:
            raise LaunchError(_taken(port))


def _reason(port: Port, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return _taken(port)
    if error.errno == errno.EACCES:
        return f"{_name(port)} is not allowed for this user: set {port.setting} to one above 1023."
    return f"{_name(port)} can't be opened on {port.host}: {error.strerror}. Check HOST and {port.setting}."


def _taken(port: Port) -> str:
    return f"{_name(port)} is already in use: stop whatever uses it, or set {port.setting} to another port."


def _name(port: Port) -> str:
    return f"Port {port.number} ({port.purpose})"
