from messaging.admin import channels, sessions, unroutable, webhook_log

__all__ = ["channels", "sessions", "unroutable", "webhook_log"]
