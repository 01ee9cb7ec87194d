"""The events process: only the stream of hints for open inbox pages (server-sent events)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from messaging.broker.stream_endpoint import application  # noqa: E402

__all__ = ["application"]
