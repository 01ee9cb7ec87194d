from messaging.admin import (
    changes,
    channels,
    contacts,
    exports,
    extensions,
    sessions,
    unroutable,
    webhook_log,
)

__all__ = [
    "changes",
    "channels",
    "contacts",
    "exports",
    "extensions",
    "sessions",
    "unroutable",
    "webhook_log",
]
