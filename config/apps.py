from django.apps import AppConfig

from config.celery import app as celery_app  # every process that rings the doorbell needs it loaded

__all__ = ["HouseConfig", "celery_app"]


class HouseConfig(AppConfig):
    name = "config"
    label = "house"
