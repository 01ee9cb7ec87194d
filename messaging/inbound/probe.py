"""The body of a self-test, and the proof that only this portal can give for it.

A probe is signed, for one channel, and believed for a minute. Whoever answers with its proof has this portal's secret
key, so the request went all the way. It does nothing else: nothing is stored, and nobody else can make one.
"""

from __future__ import annotations

import json
import secrets
from typing import BinaryIO

from django.core.signing import BadSignature, TimestampSigner
from django.utils.crypto import salted_hmac

FIELD = "trunkline_probe"
LIFETIME = 60  # seconds
LONGEST = 1024  # bytes
_SALT = "messaging.inbound.probe"


def make_probe(channel_id: int) -> tuple[bytes, str]:
    """A body for the channel's webhook address, and the answer that proves that it arrived."""
    probe = TimestampSigner(salt=_SALT).sign(f"{channel_id}:{secrets.token_hex(16)}")
    return json.dumps({FIELD: probe}).encode(), _proof(probe)


def proof_of(body: BinaryIO, channel_id: int) -> str:
    """What to answer to a body that is a probe of ours for this channel; "" for any other body."""
    body.seek(0)
    beginning = body.read(LONGEST)
    if FIELD.encode() not in beginning:
        return ""
    try:
        probe = json.loads(beginning)[FIELD]
        signed = TimestampSigner(salt=_SALT).unsign(probe, max_age=LIFETIME)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, BadSignature):
        return ""
    return _proof(probe) if signed.startswith(f"{channel_id}:") else ""


def _proof(probe: str) -> str:
    return f"{FIELD} {salted_hmac(_SALT, probe, algorithm='sha256').hexdigest()}"
