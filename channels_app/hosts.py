"""The host names at which people reach the portal: the list of domains, and `PORTAL_HOSTS`."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from channels_app.models import Domain


def is_ours(request: HttpRequest) -> bool:
    """Whether the portal answers on the host name of the request."""
    try:
        host, _port = split_domain_port(request.get_host())
    except DisallowedHost:
        return False
    return validate_host(host, settings.PORTAL_HOSTS) or Domain.objects.filter(host=host).exists()
