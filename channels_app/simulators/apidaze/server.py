"""Puts the parts together and runs them until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import sys
from typing import cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from . import page
from .api import Api
from .connections import Listener, connection_of
from .control import Control
from .downloads import Downloads
from .faults import BadControlError, Faults
from .files import FileStore
from .options import Options
from .phone import Phone
from .phone_files import PhoneFiles
from .record import Log

BODY_LIMIT = 64 * 1024


def run(options: Options) -> int:
    """Run the simulator until SIGTERM or Ctrl-C; gives the exit code."""
    try:
        return asyncio.run(_serve(options))
    except KeyboardInterrupt:
        return 0


async def _serve(options: Options) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    faults = Faults(
        latency_ms=options.latency_ms,
        jitter_ms=options.jitter_ms,
        details=options.details,
        seed=options.seed,
    )
    log = Log()
    store = FileStore()
    downloads = Downloads(store, options.download_seconds)
    try:
        phone = Phone(
            options.webhook_url, options.business_numbers, options.customer_numbers, store, downloads
        )
    except BadControlError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    control = Control(faults, log, phone, PhoneFiles(phone, store))
    app = web.Application(client_max_size=BODY_LIMIT)
    app.add_routes(page.routes() + control.routes())
    app.add_routes(Api(options.api_key, options.api_secret, faults, log, phone).routes())
    app.on_response_prepare.append(_answered)
    runner = web.AppRunner(app, handle_signals=False, access_log=None, logger=_logger(), shutdown_timeout=0.2)
    await runner.setup()

    def handler() -> asyncio.Protocol:
        return cast(web.Server, runner.server)()

    listeners = []
    try:
        for port, breakable in ((options.port, True), (options.control_port, False)):
            if port is not None:
                listener = Listener(handler, faults, log, breakable=breakable)
                listeners.append(listener)
                try:
                    await listener.open(options.host, port)
                except OSError as error:
                    sys.stderr.write(f"{_why_not(error, options.host, port)}\n")
                    return 1
        control.listener = listeners[0]
        _greet(listeners)
        await stop.wait()
    finally:
        for listener in listeners:
            listener.close()
        await runner.cleanup()
        await phone.close()
        await downloads.close()
        store.close()
    return 0


async def _answered(request: web.Request, response: web.StreamResponse) -> None:
    connection = connection_of(request)
    if connection is not None:
        connection.answered()


def _greet(listeners: list[Listener]) -> None:
    sys.stdout.write(f"Apidaze simulator, with the customer's phone: {listeners[0].address}/\n")
    for listener in listeners[1:]:
        sys.stdout.write(f"Control, open also while connections are refused: {listener.address}/\n")
    sys.stdout.flush()


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is already in use."
    return f"Can't listen on {host}, port {port}: {error.strerror}."


def _logger() -> logging.Logger:
    """A log of our own mistakes only, not of what clients send that isn't HTTP."""
    logger = logging.getLogger("apidaze_simulator")
    logger.addFilter(
        lambda record: (
            not (
                record.exc_info and record.exc_info[0] and issubclass(record.exc_info[0], HttpProcessingError)
            )
        )
    )
    return logger
