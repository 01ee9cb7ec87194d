"""Domains: where the internet reaches the portal."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.base import PortalAdmin
from channels_app.admin.forms import PortalForm, expect_range
from channels_app.models import Domain


class DomainForm(PortalForm[Domain]):
    class Meta:
        model = Domain
        fields = ["host", "port"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if "host" in self.fields:
            self.fields["host"].error_messages["required"] = _(
                "Enter a host name, for example sms.example.com"
            )
            self.fields["host"].widget.attrs["placeholder"] = "sms.example.com"
            expect_range(
                self.fields["port"], 1, 65535, _("Enter a whole number from 1 to 65,535, for example 443")
            )


@admin.register(Domain)
class DomainAdmin(PortalAdmin[Domain]):
    form = DomainForm
    list_display = ["host", "port", "used_by"]
    search_fields = ["host"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Domain]:
        return super().get_queryset(request).annotate(channel_count=Count("channels"))

    @admin.display(description=gettext_lazy("channels"))
    def used_by(self, domain: Domain) -> int:
        return getattr(domain, "channel_count", 0)

    def why_kept(self, request: HttpRequest, obj: Domain) -> str:
        names = ", ".join(f"“{channel}”" for channel in obj.channels.all())
        if not names:
            return ""
        return _("%(domain)s is the webhook domain of %(channels)s. Choose another domain there first.") % {
            "domain": obj,
            "channels": names,
        }
