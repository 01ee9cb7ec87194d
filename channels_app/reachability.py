"""Reaching a host as an ITSP would: its name, a connection, and a certificate that a known authority stands behind.

Knows sockets only. What is wrong is told by a `Problem`; what to do about each is said elsewhere.
"""

from __future__ import annotations

import datetime as dt
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID
from requests.utils import DEFAULT_CA_BUNDLE_PATH

TIMEOUT = 10.0  # seconds for everything together
MOST_NAMES = 3  # of a certificate, that are told


class Problem(StrEnum):
    UNKNOWN_NAME = "unknown_name"
    NO_LOOKUP = "no_lookup"
    REFUSED = "refused"
    NO_CONNECTION = "no_connection"
    NO_TLS = "no_tls"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_NAME = "other_name"
    SELF_SIGNED = "self_signed"
    UNKNOWN_AUTHORITY = "unknown_authority"


# They may hold only for who asks from inside: many routers don't lead back in.
NOT_TESTABLE = frozenset({Problem.NO_LOOKUP, Problem.REFUSED, Problem.NO_CONNECTION})

# Numbers of OpenSSL's x509_vfy.h; whatever else it objects to is a matter of the chain.
_CERTIFICATE_PROBLEMS = {
    9: Problem.NOT_YET_VALID,
    10: Problem.EXPIRED,
    18: Problem.SELF_SIGNED,
    62: Problem.OTHER_NAME,
    64: Problem.OTHER_NAME,
}

Addresses = list[tuple[Any, ...]]  # as socket.getaddrinfo gives them


@dataclass(frozen=True, slots=True)
class Reached:
    """What was found. `problem` is None where all is well; `detail` has the names of a certificate for others."""

    problem: Problem | None = None
    detail: str = ""
    certificate_ends_at: dt.datetime | None = None


class NotReachedError(Exception):
    def __init__(
        self, problem: Problem, detail: str = "", certificate_ends_at: dt.datetime | None = None
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.reached = Reached(problem, detail, certificate_ends_at)


def reach(host: str, port: int, *, timeout: float = TIMEOUT, authorities: str = "") -> Reached:
    """Connects and looks at the certificate; within `timeout` seconds. Raises nothing of its own.

    `authorities` is a file of certificates in place of those that are known everywhere.
    """
    try:
        with connected(host, port, timeout=timeout, authorities=authorities) as connection:
            return Reached(certificate_ends_at=certificate_end(connection))
    except NotReachedError as error:
        return error.reached


@contextmanager
def connected(
    host: str, port: int, *, tls: bool = True, timeout: float = TIMEOUT, authorities: str = ""
) -> Iterator[socket.socket]:
    """A connection that is closed in the end. Raises NotReachedError with what is wrong.

    `timeout` is in seconds, for everything until it stands; afterwards it is that of each step.
    """
    ends_at = time.monotonic() + timeout
    addresses = _look_up(host, port, ends_at)
    connection = _connect(addresses, ends_at)
    try:
        if tls:
            connection = _secure(connection, host, addresses, ends_at, authorities)
        connection.settimeout(timeout)
        yield connection
    finally:
        connection.close()


def _look_up(host: str, port: int, ends_at: float) -> Addresses:
    """In a thread of its own, since looking up a name can't be cut short."""
    answers: queue.SimpleQueue[Addresses | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=_left(ends_at))
    except queue.Empty:
        raise NotReachedError(Problem.NO_LOOKUP) from None
    if isinstance(answer, list):
        return answer
    for_good = isinstance(answer, UnicodeError) or answer.args[0] in (socket.EAI_NONAME, socket.EAI_NODATA)
    raise NotReachedError(Problem.UNKNOWN_NAME if for_good else Problem.NO_LOOKUP)


def _connect(addresses: Addresses, ends_at: float) -> socket.socket:
    problem = Problem.NO_CONNECTION
    for index, (family, kind, protocol, _name, address) in enumerate(addresses):
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(_left(ends_at) / (len(addresses) - index))
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            if isinstance(error, ConnectionRefusedError):
                problem = Problem.REFUSED
        else:
            return connection
    raise NotReachedError(problem)


def _secure(
    connection: socket.socket, host: str, addresses: Addresses, ends_at: float, authorities: str
) -> ssl.SSLSocket:
    context = ssl.create_default_context(
        cafile=authorities or os.environ.get("SSL_CERT_FILE") or DEFAULT_CA_BUNDLE_PATH
    )
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # newer Pythons ask for more than ITSPs do
    connection.settimeout(_left(ends_at))
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        problem = _CERTIFICATE_PROBLEMS.get(error.verify_code, Problem.UNKNOWN_AUTHORITY)
    except (OSError, ValueError):
        raise NotReachedError(Problem.NO_TLS) from None
    certificate = _presented(host, addresses, ends_at)
    if certificate is None:
        raise NotReachedError(problem)
    names = _names_of(certificate) if problem is Problem.OTHER_NAME else ""
    raise NotReachedError(problem, names, certificate.not_valid_after_utc)


def _presented(host: str, addresses: Addresses, ends_at: float) -> x509.Certificate | None:
    """The certificate that was refused, read over a second connection: the first one keeps it to itself."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError, ValueError, NotReachedError):
        connection = _connect(addresses, ends_at)
        connection.settimeout(_left(ends_at))
        with context.wrap_socket(connection, server_hostname=host) as secured:
            return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    return None


def _names_of(certificate: x509.Certificate) -> str:
    names: list[str] = []
    with suppress(x509.ExtensionNotFound, ValueError):
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
        if isinstance(extension, x509.SubjectAlternativeName):
            names = extension.get_values_for_type(x509.DNSName)
    names = names or [
        str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    ]
    return ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")


def certificate_end(connection: socket.socket) -> dt.datetime | None:
    """When the certificate of a connection ends; None for one without TLS."""
    certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    if not certificate:
        return None
    return dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), dt.UTC)


def _left(ends_at: float) -> float:
    """Seconds until then; never 0, which would mean not to wait at all."""
    return max(ends_at - time.monotonic(), 0.001)
