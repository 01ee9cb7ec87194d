from messaging.admin import channels, contacts, exports, sessions, unroutable, webhook_log

__all__ = ["channels", "contacts", "exports", "sessions", "unroutable", "webhook_log"]
