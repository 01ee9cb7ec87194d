"""What is logged, and how it looks: one line each, without secrets."""

from __future__ import annotations

from typing import Any


def logging_settings(level: str) -> dict[str, Any]:
    """Django's LOGGING: from `level` (such as INFO) on, to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "mask": {"()": "config.log_masking.MaskSecrets"},
            "not every round": {
                "()": "django.utils.log.CallbackFilter",
                "callback": lambda record: "Sending due task" not in str(record.msg),
            },
        },
        "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Failed requests of strangers are no news; the webhook log counts those that matter.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # It logs addresses with tokens at DEBUG, and its warnings about pools tell an administrator nothing.
            "urllib3": {"level": "ERROR"},
            "axes": {"level": "WARNING"},
            "celery.beat": {"filters": ["not every round"]},
            # Two lines for every ring of the doorbell.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
