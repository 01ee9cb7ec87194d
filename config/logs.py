"""What is logged, and how it looks: one line each, without secrets."""

from __future__ import annotations

from typing import Any


def logging_settings(level: str) -> dict[str, Any]:
    """Django's LOGGING: from `level` on, in words such as INFO, to standard error."""
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
            # What strangers ask for in vain is no news; the webhook log counts what matters of it.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # It names addresses with tokens at DEBUG, and its warnings of pools say nothing to an administrator.
            "urllib3": {"level": "ERROR"},
            "axes": {"level": "WARNING"},
            "celery.beat": {"filters": ["not every round"]},
            # Two lines for every ring of the doorbell.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
