"""Fetching from the public internet only: never from an address inside the machine's own networks.

The address of a file comes from whoever wrote a message. The check is made when a connection is opened, on the IP
address connected to, for each redirect anew: a name may resolve to another address a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext_noop
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0  # for each piece
TOTAL_SECONDS = 300.0  # for one file, redirects and all
MOST_REDIRECTS = 3
PIECE = 64 * 1024


class NotFetchedError(Exception):
    """The file could not be fetched. The text says why; `for_good`: another try would find the same."""

    def __init__(self, text: str, *, for_good: bool = True) -> None:
        super().__init__(text)
        self.for_good = for_good


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also if it is an IPv4 address inside an IPv6 one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inside = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
        if found not in _GLOBAL_UNICAST:
            return False
    return found.is_global and not found.is_multicast


_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_own(connection: socket.socket) -> bool:
    """Whether a connection leads to this machine itself, even by its public address."""
    return bool(connection.getsockname()[0] == connection.getpeername()[0])


class _Watch:
    """Ends a fetch when its time is over, whatever it waits for, by shutting its connections.

    A socket's time-out is for each read, and a server that sends a byte now and then never reaches it.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._is_over = False

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        with self._lock:
            for each in self._watched:
                each.close()
            self._watched.clear()

    def check(self) -> None:
        """Raises NotFetchedError once the time is over: what was read may have been cut short."""
        if self._is_over or time.monotonic() >= self._ends_at:
            raise NotFetchedError(gettext_noop("The download was too slow."), for_good=False)

    def add(self, connection: socket.socket) -> None:
        with self._lock:
            self._watched.append(connection.dup())  # TLS takes over the connection itself
        if self._is_over:
            self._end()

    def _end(self) -> None:
        self._is_over = True
        with self._lock:
            for each in self._watched:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


class _Thread(threading.local):
    watch: _Watch


_thread = _Thread()


def _connect(host: str, port: int) -> socket.socket:
    """A connection to the first public address of a host. Raises NotFetchedError for one that is not public."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFetchedError(gettext_noop("The address's host is unknown."), for_good=False) from None
    for family, kind, protocol, _name, address in found:
        if not is_public(str(address[0])):
            raise NotFetchedError(gettext_noop("The address is not one of the public internet."))
        _thread.watch.check()
        opened = socket.socket(family, kind, protocol)
        opened.settimeout(CONNECT_SECONDS)
        try:
            _thread.watch.add(opened)
            opened.connect(address)
            if is_own(opened):
                raise NotFetchedError(gettext_noop("The address is this machine's own."))
        except NotFetchedError:
            opened.close()
            raise
        except OSError:
            opened.close()
            continue
        return opened
    raise NotFetchedError(gettext_noop("Nothing answers at the address."), for_good=False)


class _PublicConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port)


class _PublicSecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port)


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PublicSecureConnection


@contextmanager
def _manager() -> Iterator[PoolManager]:
    manager = PoolManager(timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS), retries=False)
    manager.pool_classes_by_scheme = {"http": _PublicPool, "https": _PublicSecurePool}
    try:
        yield manager
    finally:
        manager.clear()


def fetch(address: str, into: BinaryIO, limit: int) -> None:
    """Downloads an http(s) address into a file, at most `limit` bytes. Raises NotFetchedError, OSError."""
    with _Watch(TOTAL_SECONDS) as _thread.watch, _manager() as manager:
        for _hop in range(MOST_REDIRECTS + 1):
            if (after := _fetch(manager, address, into, limit)) is None:
                return
            try:
                address = urljoin(address, after)
            except ValueError:
                raise NotFetchedError(gettext_noop("The link redirects to an invalid address.")) from None
    raise NotFetchedError(gettext_noop("The address leads from one to the next too often."))


def _fetch(manager: PoolManager, address: str, into: BinaryIO, limit: int) -> str | None:
    """One request; returns the address it was redirected to, if any."""
    if not _is_http(address):
        raise NotFetchedError(gettext_noop("This is no http address."))
    try:
        answer = manager.request(
            "GET",
            address,
            redirect=False,
            preload_content=False,
            headers={"User-Agent": "Trunkline", "Accept": "*/*", "Accept-Encoding": "identity"},
        )
        try:
            if answer.status in (301, 302, 303, 307, 308) and (after := answer.headers.get("Location")):
                return after
            if answer.status != 200:
                later = answer.status in (408, 425, 429) or answer.status >= 500
                raise NotFetchedError(
                    gettext_noop("The address answers %(number)s.") % {"number": answer.status},
                    for_good=not later,
                )
            _read(answer.stream(PIECE, decode_content=False), into, limit)
        finally:
            answer.close()
    except (HTTPError, ValueError):
        _thread.watch.check()
        raise NotFetchedError(
            gettext_noop("The file could not be fetched to its end."), for_good=False
        ) from None
    return None


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _read(pieces: Iterator[bytes], into: BinaryIO, limit: int) -> None:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise NotFetchedError(gettext_noop("The file is larger than the limit."))
        _thread.watch.check()
        into.write(piece)
    _thread.watch.check()  # without a length, a connection that was shut looks like the end
    if not size:  # so does one that was closed during the headers
        raise NotFetchedError(gettext_noop("The file is empty."), for_good=False)
