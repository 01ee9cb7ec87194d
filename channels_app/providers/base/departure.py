"""One request on its way: how far it is, when it must be over, and the connections that know both.

`requests` can't say whether a request left before it failed, and its time-outs are for each read from the
socket, not for the whole call. The connections here can, because each looks up the one call its thread is
making. They also take the true path from there, so that `requests` and `urllib3` never see a secret that is
in it and can't write it into a log or an error's text.
"""

from __future__ import annotations

import enum
import functools
import io
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_SECONDS = 10.0  # for each address of a host: a silent one must not use up the whole call
IDLE_SECONDS = 15.0  # load balancers drop idle connections, and a request sent just then has no known outcome
_CLOSED = select.POLLERR | select.POLLHUP | getattr(select, "POLLRDHUP", 0)


class Stage(enum.StrEnum):
    """How far a request got. Before `DEPARTED`, no byte of it has left."""

    RESOLVING = "resolving"
    CONNECTING = "connecting"
    SECURING = "securing"
    READY = "ready"
    OUTLIVED = "outlived"  # a kept connection, closed by the far side before the request left
    DEPARTED = "departed"


class DepartRefusedError(Exception):
    """`depart` raised `Call.refusal`. No OSError, since urllib3 swallows some of those."""


class Call:
    """One request and its answer, as the connection sees it."""

    __slots__ = ("deadline", "depart", "kept", "refusal", "stage", "target")

    def __init__(self, target: str, depart: Callable[[], None] | None, timeout: float) -> None:
        self.target = target
        self.depart = depart
        self.deadline = time.monotonic() + timeout
        self.stage = Stage.CONNECTING
        self.kept = False  # goes over a connection that an earlier request left open
        self.refusal: BaseException | None = None

    def remaining(self) -> float:
        """Seconds until the call must be over. Raises TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def release(self, sock: socket.socket) -> None:
        """Let the request go, or raise while nothing has left."""
        self.stage = Stage.READY
        self.remaining()
        if self.depart is not None:
            try:
                self.depart()
            except BaseException as error:
                self.refusal = error
                raise DepartRefusedError from None
            if _is_closed(sock):  # while `depart` waited its turn
                self.stage = Stage.OUTLIVED if self.kept else Stage.READY
                raise ConnectionResetError
        sock.settimeout(self.remaining())
        self.stage = Stage.DEPARTED


def _is_closed(sock: socket.socket) -> bool:
    """Whether the far side closed. Being readable says nothing here: TLS 1.3 sends tickets unasked."""
    poll = select.poll()
    poll.register(sock, _CLOSED)
    return bool(poll.poll(0))


class _Thread(threading.local):
    call: Call
    adapter: Adapter | None = None


thread = _Thread()


class _Answer(io.RawIOBase):
    """The bytes of an answer, each read bounded by what is left of the whole call."""

    def __init__(self, sock: socket.socket, call: Call) -> None:
        self._sock = sock
        self._call = call
        self._bytes = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._call.remaining())
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Answer(sock, thread.call))


if TYPE_CHECKING:
    _Base = HTTPConnection
else:
    _Base = object


class _DepartingMixin(_Base):
    """Collects a request, then connects, asks `depart`, and sends it in one piece."""

    response_class = _BoundedResponse
    idle_since = float("inf")

    def request(self, *args: Any, **options: Any) -> None:
        self._pieces: list[bytes] = []
        super().request(*args, **options)
        thread.call.kept = self.sock is not None
        if self.sock is None:
            self.connect()
        thread.call.release(self.sock)
        super().send(b"".join(self._pieces))

    def putrequest(self, method: str, url: str, *args: Any, **options: Any) -> None:
        super().putrequest(method, thread.call.target, *args, **options)

    def send(self, data: Any) -> None:
        self._pieces.append(bytes(data))

    def _new_conn(self) -> socket.socket:
        """As urllib3's, but within the call's time however many addresses the host has."""
        call = thread.call
        call.stage = Stage.RESOLVING
        addresses = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        call.stage = Stage.CONNECTING
        for position, (family, kind, protocol, _, address) in enumerate(addresses, 1):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(min(CONNECT_SECONDS, call.remaining()))
                sock.connect(address)
                sock.settimeout(call.remaining())
            except OSError:
                sock.close()
                if position == len(addresses):
                    raise
            else:
                return sock
        raise OSError


class _PlainConnection(_DepartingMixin, HTTPConnection):
    pass


class _SecureConnection(_DepartingMixin, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        thread.call.stage = Stage.SECURING
        return sock


if TYPE_CHECKING:
    _PoolBase = HTTPConnectionPool
else:
    _PoolBase = object


class _IdleMixin(_PoolBase):
    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        if time.monotonic() - connection.idle_since >= IDLE_SECONDS:
            connection.close()  # it opens itself anew
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class _PlainPool(_IdleMixin, HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(_IdleMixin, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_making_tls_context = threading.Lock()


def _tls_context() -> ssl.SSLContext:
    """Shared by all threads and made once: reading the certificates takes longer than many a send."""
    with _making_tls_context:
        return _made_tls_context()


@functools.cache
def _made_tls_context() -> ssl.SSLContext:
    """Trusts what the system does (`SSL_CERT_FILE` names another file) and what `certifi` brings."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Adapter(HTTPAdapter):
    """`requests`' own transport over these connections, without a Session's cookies, redirects, proxies."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=_tls_context(), **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def cert_verify(self, *args: Any, **options: Any) -> None:
        """The shared context verifies; `requests` would read the certificates anew for each connection."""
