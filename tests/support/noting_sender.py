"""The Celery application of a sender whose departures are written down: `celery -A tests.support.noting_sender`."""

from __future__ import annotations

import os
from collections.abc import Callable

import django

from config.celery import app

django.setup()  # the module noted here reads the models, and Celery sets Django up only after this import

from messaging.sending import pacing  # noqa: E402

__all__ = ["app"]

_depart = pacing.Pacer.depart
_file = os.open(f"{os.environ['DEPARTURES']}-{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _depart_and_note(self: pacing.Pacer, may_still: Callable[[], bool], *, patience: float) -> float:
    at = _depart(self, may_still, patience=patience)
    os.write(_file, f"{at:.6f}\n".encode())
    return at


pacing.Pacer.depart = _depart_and_note  # type: ignore[method-assign]
