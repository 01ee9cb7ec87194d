from django.apps import AppConfig

from config.celery import app as celery_app  # every process that rings the doorbell needs it loaded

__all__ = ["ConfigApp", "celery_app"]


class ConfigApp(AppConfig):
    name = "config"
    label = "config"
