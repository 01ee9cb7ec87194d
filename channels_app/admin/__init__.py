from channels_app.admin import domains, extensions, logins, queues

__all__ = ["domains", "extensions", "logins", "queues"]
