"""Domains: where the internet reaches the portal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app import domain_checks, problems
from channels_app.admin.kit.base import PortalAdmin
from channels_app.admin.kit.deletion import Link, link_to
from channels_app.admin.kit.forms import PortalForm, expect_range
from channels_app.admin.kit.labels import domain_status
from channels_app.admin.kit.object_views import object_view
from channels_app.models import Domain
from channels_app.moments import moment
from channels_app.reachability import Problem

CHECK_TIMEOUT = 5  # seconds that a person waits after pressing a button


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
    change_form_template = "portal/domains/change_form.html"
    list_display = [
        "status_badge",
        "host",
        "port",
        "used_by",
        "certificate_end",
        "last_inbound",
        "checked",
    ]
    list_display_links = ["host"]
    search_fields = ["host"]
    actions = ["check_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Domain]:
        return super().get_queryset(request).annotate(channel_count=Count("channels"))

    @admin.display(description=gettext_lazy("channels"))
    def used_by(self, domain: Domain) -> int:
        return getattr(domain, "channel_count", 0)

    @admin.display(description=gettext_lazy("status"))
    def status_badge(self, domain: Domain) -> SafeString:
        return domain_status(domain)

    @admin.display(description=gettext_lazy("certificate expires"), ordering="certificate_ends_at")
    def certificate_end(self, domain: Domain) -> str | None:
        ends_at = domain.certificate_ends_at
        return date_format(timezone.localtime(ends_at), "j M Y") if ends_at else None

    @admin.display(description=gettext_lazy("last message in"), ordering="last_inbound_at")
    def last_inbound(self, domain: Domain) -> str:
        return moment(domain.last_inbound_at) if domain.last_inbound_at else _("never")

    @admin.display(description=gettext_lazy("checked"), ordering="checked_at")
    def checked(self, domain: Domain) -> str:
        return moment(domain.checked_at) if domain.checked_at else _("never")

    # -- Checking --------------------------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Check selected domains now"), permissions=["change"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Domain]) -> None:
        self.tell_check(request, queryset)

    def tell_check(
        self, request: HttpRequest, domains: Iterable[Domain], *, with_advice: bool = True
    ) -> None:
        """Checks domains over the network, and tells the person what was found and what to do."""
        for domain in domain_checks.check(domains, timeout=CHECK_TIMEOUT):
            status, reason = domain.standing
            words = f"{status.label}: {reason}" if reason else status.label
            text = _("%(domain)s: %(status)s.") % {"domain": domain, "status": words}
            if domain.problem and with_advice:
                text = f"{text} {problems.advice(Problem(domain.problem))}"
            good = status == Domain.Status.WORKS
            self.message_user(request, text, messages.SUCCESS if good else messages.WARNING)

    def save_model(self, request: HttpRequest, obj: Domain, form: Any, change: bool) -> None:
        if form.changed_data:
            obj.forget_check()
        super().save_model(request, obj, form, change)
        # After the commit: nobody waits for the network inside a transaction.
        transaction.on_commit(lambda: self.tell_check(request, [obj]))

    @object_view("check")
    def check_view(self, request: HttpRequest, domain: Domain) -> None:
        """Checks the domain now."""
        self.tell_check(request, [domain], with_advice=False)  # the page has it

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        domain = self.get_object(request, object_id) if object_id else None
        facts = {}
        if domain:
            advice = problems.advice(Problem(domain.problem)) if domain.problem else ""
            facts = {"domain": domain, "status": domain_status(domain), "advice": advice}
        return super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), "facts": facts}
        )

    # -- Deleting --------------------------------------------------------------------------------------------------

    def why_kept(self, request: HttpRequest, obj: Domain) -> str:
        names = ", ".join(f"“{channel}”" for channel in obj.channels.all())
        if not names:
            return ""
        values = {"domain": obj, "channels": names}
        if not Domain.objects.exclude(pk=obj.pk).exists():
            return (
                _(
                    "%(domain)s is the webhook domain of %(channels)s, and the only one. Correct its host name "
                    "instead, or add another domain and choose that there first."
                )
                % values
            )
        return (
            _("%(domain)s is the webhook domain of %(channels)s. Choose another domain there first.") % values
        )

    def in_the_way(self, request: HttpRequest, obj: Domain) -> Sequence[Link]:
        return [link_to(channel, "?tab=authentication") for channel in obj.channels.all()]
