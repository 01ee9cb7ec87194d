from messaging.admin import changes, channels, contacts, extensions, sessions, unroutable, webhook_log

__all__ = ["changes", "channels", "contacts", "extensions", "sessions", "unroutable", "webhook_log"]
