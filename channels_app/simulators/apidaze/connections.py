"""Sockets: the listener that can refuse for a while, and connections that can break on purpose."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Final, cast

from aiohttp import web

from .faults import KINDS, Fault, Faults
from .record import Log, Received

SILENT_FOR = 120.0  # a connection that is not read from doesn't tell when its client has gone
_UNDECIDED: Final = Fault("undecided")
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on with 0 s: closing sends RST


class Connection(asyncio.Protocol):
    """Stands between a socket and aiohttp's handler: it knows when a request's first bytes arrived."""

    def __init__(self, listener: Listener, inner: asyncio.Protocol) -> None:
        self._listener = listener
        self._inner = inner
        self._transport: asyncio.Transport | None = None
        self._fault: Fault | None = _UNDECIDED
        self._deaf = False
        self._idle_timer: asyncio.TimerHandle | None = None
        self.arrived_at: float | None = None
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._listener.connections.add(self)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.connections.discard(self)
        self.lost.set()
        self._inner.connection_lost(exc)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if self.arrived_at is None:
            self.arrived_at = time.monotonic()
            if self._idle_timer is not None:
                self._idle_timer.cancel()
            if self._listener.faults.active and self._fails_before_reading(data):
                return
        self._inner.data_received(data)

    def fault_for(self, resource: str) -> Fault | None:
        """The fault of the request at hand: chosen once, at its first bytes if they say what it is."""
        if self._fault is _UNDECIDED:
            self._fault = self._listener.faults.choose(resource)
        return self._fault

    def answered(self) -> None:
        """The answer is about to be written, then the connection waits for its next request."""
        self.arrived_at = None
        self._fault = _UNDECIDED
        after = self._listener.faults.close_idle_ms
        if after is not None and self._listener.breakable:
            loop = asyncio.get_running_loop()
            self._idle_timer = loop.call_later(after / 1000, self._close_if_idle)

    def reset(self) -> None:
        """Break the connection with RST."""
        if self._transport is not None:
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _close_if_idle(self) -> None:
        if self.arrived_at is None and self._transport is not None:
            self._transport.close()

    def _fails_before_reading(self, data: bytes) -> bool:
        """Apply a fault that comes before reading. Only the request line is looked at, for the resource."""
        method, _, rest = data.partition(b"\r\n")[0].partition(b" ")
        target = rest.partition(b" ")[0]
        path = target.partition(b"?")[0]
        resource = "send" if path.endswith(b"/sms/send") else "validates"
        if resource == "validates" and not path.endswith(b"/validates"):
            return False
        fault = self.fault_for(resource)
        if fault is None or not KINDS[fault.kind].before_reading:
            return False
        self._deaf = True
        self._listener.log.add(
            Received(
                at=time.time(),
                arrived_at=self.arrived_at or time.monotonic(),
                resource=resource,
                method=method.decode(errors="replace"),
                target=target.decode(errors="replace"),
                content_type="",
                body=b"",
                sender="",
                outcome=KINDS[fault.kind].outcome,
                taken=False,
                status=None,
                fault=fault.kind,
                uuid=None,
            )
        )
        if fault.kind == "reset_before_reading":
            self.reset()
        elif self._transport is not None:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(SILENT_FOR, self.abort)
        return True


def connection_of(request: web.BaseRequest) -> Connection | None:
    """The connection on which a request came; None when it has gone already."""
    protocol = request.transport.get_protocol() if request.transport else None
    return protocol if isinstance(protocol, Connection) else None


class Listener:
    """One listening port. `breakable`: faults of connections apply here (not on the control port)."""

    def __init__(
        self, handler: Callable[[], asyncio.Protocol], faults: Faults, log: Log, *, breakable: bool
    ) -> None:
        self.faults = faults
        self.log = log
        self.breakable = breakable
        self.connections: set[Connection] = set()
        self.address = ""
        self._bound_to: tuple[str, int] = ("", 0)
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._refuses_until = 0.0
        self._reopening: asyncio.Task[None] | None = None

    async def open(self, host: str, port: int) -> None:
        """Listen; raises OSError when the port is taken."""
        self._held = self._bind(host, port)
        self._bound_to = (host, self._held.getsockname()[1])
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{self._bound_to[1]}"
        await self._listen()

    @property
    def refuses_for(self) -> float:
        """Seconds for which connections are still refused."""
        return max(0.0, self._refuses_until - time.monotonic())

    async def refuse(self, seconds: float, spare: Connection | None) -> None:
        """Refuse connections for so long (0: listen again now). All open ones are closed but `spare`."""
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        self._refuses_until = time.monotonic() + seconds
        if not seconds:
            if self._server is None:
                await self._listen()
            return
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self.connections - {spare}:
            connection.abort()
        self._hold()
        self._reopening = asyncio.create_task(self._reopen_after(seconds))

    def close(self) -> None:
        """Stop listening and cut every connection."""
        if self._reopening is not None:
            self._reopening.cancel()
        if self._server is not None:
            self._server.close()
        if self._held is not None:
            self._held.close()
        for connection in list(self.connections):
            connection.abort()

    @staticmethod
    def _bind(host: str, port: int) -> socket.socket:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
        return bound

    def _hold(self) -> None:
        """Keep the port for ourselves: a socket that is bound but does not listen refuses connections."""
        if self._held is None:
            try:
                self._held = self._bind(*self._bound_to)
            except OSError as error:
                sys.stderr.write(f"Could not keep {self.address} while refusing connections: {error}\n")

    async def _listen(self) -> None:
        self._hold()
        if self._held is None:
            raise OSError(f"{self.address} is taken")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self, self._handler()), sock=self._held, backlog=1024
        )
        self._held = None

    async def _reopen_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while self._server is None:
            try:
                await self._listen()
            except OSError:
                await asyncio.sleep(0.1)
