"""The HTTP client that adapters send with: `exchange()` makes one request and gives the answer.

No retries, no redirects, no cookies, no proxies or passwords from the environment. Whatever fails before the
first byte left is told apart exactly from what fails after, and neither a URL nor a library's error text gets
out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from .departure import Adapter, Call, Stage, thread

LONGEST_ANSWER = 64 * 1024  # bytes; the rest of a longer answer is not read
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Trunkline"}
_HOST = re.compile(r"[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` finds its keys in any case; `body` is cut at `LONGEST_ANSWER`."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BadAddressError(Exception):
    """The base URL is not an http(s) address. Nothing was sent."""


class NoAnswerError(Exception):
    """No answer came. `departed` says whether the request left; `stage` how far it got."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.value)
        self.stage = stage
        self.departed = stage is Stage.DEPARTED


@functools.lru_cache(maxsize=1024)
def _split_base(base_url: str) -> tuple[str, str]:
    """The base URL as `scheme://host:port` and its path without a closing slash. Raises BadAddressError."""
    try:
        parts = urlsplit(base_url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:  # a UnicodeError is one
        raise BadAddressError from None
    if ":" in host:
        host = f"[{host}]"
    extras = parts.username is not None or parts.password is not None or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or extras or port == ":0":
        raise BadAddressError
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~", errors="replace")
    return f"{parts.scheme}://{host}{port}", path


def exchange(
    method: str,
    base_url: str,
    target: str,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    content_type: str = "application/x-www-form-urlencoded",
    depart: Callable[[], None] | None = None,
) -> Answer:
    """Make one request to `base_url` + `target` (a path, quoted already, perhaps a query); read the answer.

    `headers` may hold secrets, as `Authorization` does: neither they nor the target get into a log. `depart` is
    called once, when the connection stands and immediately before the first byte leaves; what it raises comes
    through unchanged, and then nothing has left. The call is over within `timeout` seconds, except that looking up
    the host's name can't be cut short: when that was too slow, nothing leaves.

    Raises BadAddressError or NoAnswerError, and nothing else of its own.
    """
    origin, path = _split_base(base_url)
    call = thread.call = Call(path + target, depart, timeout)
    try:
        return _exchange(method, origin, headers or {}, body, content_type)
    except Exception:
        failed_at = call.stage
    # Outside the except block, so that no library's error hangs on what is raised here.
    if call.refusal is not None:
        raise call.refusal
    raise NoAnswerError(failed_at)


def _exchange(
    method: str, origin: str, headers: Mapping[str, str], content: bytes | None, content_type: str
) -> Answer:
    adapter = thread.adapter
    if adapter is None:
        adapter = thread.adapter = Adapter(pool_maxsize=1)
    request = PreparedRequest()
    request.method = method
    request.url = f"{origin}/hidden"  # the connection puts the call's target in its place
    request.body = content
    request.headers = CaseInsensitiveDict({**_HEADERS, **headers})
    if content is not None:
        request.headers["Content-Type"] = content_type
        request.headers["Content-Length"] = str(len(content))
    response = adapter.send(request, stream=True)
    body = response.raw.read(LONGEST_ANSWER + 1, decode_content=True)
    if len(body) > LONGEST_ANSWER:
        response.raw.close()
    else:
        response.raw.release_conn()
    return Answer(response.status_code, response.headers, body[:LONGEST_ANSWER])
