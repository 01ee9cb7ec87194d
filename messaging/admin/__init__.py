from messaging.admin import changes, channels, contacts, sessions, unroutable, webhook_log

__all__ = ["changes", "channels", "contacts", "sessions", "unroutable", "webhook_log"]
