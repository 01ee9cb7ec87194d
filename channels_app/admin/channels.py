"""A channel's page: its set-up. `messaging.admin` adds what needs counts and sessions."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from channels_app.admin.channel_form import ChannelForm, channel_form, credential_field
from channels_app.admin.kit.base import PortalAdmin
from channels_app.admin.kit.labels import channel_status
from channels_app.admin.kit.modules import modules
from channels_app.admin.kit.object_views import object_view
from channels_app.admin.kit.tabs import tabs_of
from channels_app.admin.numbers import NumberInline
from channels_app.changes import Line
from channels_app.models import Channel, Domain, WebhookToken
from channels_app.providers import PROVIDERS, itsp_choices
from channels_app.providers.base import Provider


class ChannelAdmin(PortalAdmin[Channel]):
    inlines = [NumberInline]
    list_display = ["status_badge", "name", "itsp_name", "numbers"]
    list_display_links = ["name"]
    search_fields = ["name", "rules__number"]
    audited_fields = ["itsp", *ChannelForm.Meta.fields]
    unasked_fields = ["itsp", "domain"]

    class Media:
        js = modules("portal/copy.js", "portal/tabs.js", "portal/numbers.js", "portal/labels.js")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        return super().get_queryset(request).prefetch_related("rules")

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_badge(self, channel: Channel) -> SafeString:
        return channel_status(channel)

    @admin.display(description=gettext_lazy("ITSP"), ordering="itsp")
    def itsp_name(self, channel: Channel) -> str:
        provider = PROVIDERS.get(channel.itsp)
        return provider.label if provider else channel.itsp

    @admin.display(description=gettext_lazy("numbers"))
    def numbers(self, channel: Channel) -> str:
        numbers = [rule.number for rule in channel.rules.all()]
        shown = ", ".join(numbers[:3])
        more = len(numbers) - 3
        if more <= 0:
            return shown
        sentence = ngettext("%(numbers)s and %(more)d more", "%(numbers)s and %(more)d more", more)
        return sentence % {"numbers": shown, "more": more}

    @admin.display(description=gettext_lazy("Webhook URL"))
    def webhook_later(self, channel: Channel) -> str:
        return _("It is created when you save the channel.")

    # -- The form ------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        may_change = self.has_change_permission(request, obj)
        provider = obj.provider if obj else self._chosen_provider(request)
        secrets = [credential_field(each.name) for each in provider.credential_fields] if provider else []
        address = ["domain"] if obj else ["webhook_later"]
        authentication = ["name", "enabled", "itsp_name"]
        if may_change:
            authentication += [*secrets, "base_url", *address]
        return [
            (_("Authentication"), {"classes": ["tab"], "fields": authentication}),
            (
                _("Messaging Setting"),
                {
                    "classes": ["tab"],
                    "fields": [
                        "sending_rate",
                        "close_automatically",
                        "session_timeout_days",
                        "accompanying_text",
                        "allow_takeover",
                    ],
                },
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> list[str]:
        return ["itsp_name", "webhook_later"]

    def get_form(
        self, request: HttpRequest, obj: Channel | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        provider = obj.provider if obj else self._chosen_provider(request)
        form = channel_form(
            cast(Provider, provider), request.build_absolute_uri("/")
        )  # the add view has looked
        return super().get_form(request, obj, change, **{**kwargs, "form": form})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        if isinstance(form, ChannelForm) and form.instance.pk and context["errors"]:
            form.ask_for_credentials_again()
        context["tabs"] = tabs_of(context["adminform"], context["inline_admin_formsets"])
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(sensitive_post_parameters())
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        if not change:
            obj.domain = Domain.objects.first()
        if "domain" in form.changed_data:
            obj.webhook_tested_at = None  # of the earlier address
        super().save_model(request, obj, form, change)
        if change and "enabled" in form.changed_data:
            obj.note_switch()

    # -- Adding: first the ITSP ------------------------------------------------------------------------------------

    def _chosen_provider(self, request: HttpRequest) -> Provider | None:
        return PROVIDERS.get(request.GET.get("itsp", ""))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self._chosen_provider(request) or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        if asked_for := request.GET.get("itsp"):
            self.message_user(
                request, _("There is no ITSP “%(itsp)s”.") % {"itsp": asked_for[:40]}, messages.ERROR
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add SMS channel"),
            "opts": self.opts,
            "choices": itsp_choices(),
        }
        return TemplateResponse(request, "portal/channels/choose_itsp.html", context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # the address only names the ITSP

    # -- A new webhook address -------------------------------------------------------------------------------------

    @object_view("rotate", asks_first=True)
    def rotate_view(self, request: HttpRequest, channel: Channel) -> HttpResponse | None:
        """GET: asks when the current webhook address should end. POST: makes the new one."""
        if request.method == "POST" and request.POST.get("old_address") in ("later", "now"):
            at_once = request.POST["old_address"] == "now"
            WebhookToken.rotate(channel, end_old_at_once=at_once)
            self.log_change(request, channel, _("Created a new webhook address."))
            text = (
                _("There is a new webhook address: enter it at the ITSP now. The old one no longer works.")
                if at_once
                else _(
                    "There is a new webhook address: enter it at the ITSP. The old one works for another 24 "
                    "hours."
                )
            )
            self.message_user(request, text, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("New webhook address"),
            "opts": self.opts,
            "object": channel,
        }
        return TemplateResponse(request, "portal/channels/rotate_webhook.html", context)

    def facts_of(self, obj: Channel) -> list[Line]:
        numbers = [f"{rule.number} → {rule.destination or _('sends only')}" for rule in obj.rules.all()]
        return [*super().facts_of(obj), Line(_("Numbers"), "", numbers)]

    def goes_along(self, obj: Channel) -> list[str]:
        numbers = ", ".join(rule.number for rule in obj.rules.all())
        lines = [_("Its numbers: %(numbers)s") % {"numbers": numbers}] if numbers else []
        return [*lines, _("Its webhook address, webhook log and traffic counts")]
