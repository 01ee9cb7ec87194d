from messaging.admin import channels, contacts, sessions, unroutable, webhook_log

__all__ = ["channels", "contacts", "sessions", "unroutable", "webhook_log"]
