"""The peer: a bare Django view with one insert, and no middleware."""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.bare_settings"

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

application = get_wsgi_application()


def insert(request: HttpRequest) -> HttpResponse:
    from messaging.models import WebhookLogEntry

    WebhookLogEntry.objects.create(received_at=timezone.now(), outcome="stored", body=request.body.decode())
    return HttpResponse("stored\n", headers={"Content-Length": "7"})


urlpatterns = [path("", insert)]
