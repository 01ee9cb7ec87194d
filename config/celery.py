"""The Celery application: the doorbell and the clock, never the queue (the database is)."""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("trunkline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def _spare_the_start(**_signal: Any) -> None:
    # What is loaded by now stays loaded. Searching it for garbage takes 60 to 90 ms, in which nothing departs.
    gc.collect()
    gc.freeze()
