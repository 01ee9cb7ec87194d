"""Channels: the set-up page, with traffic, status and waiting messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels_app.admin.channels import ChannelAdmin as SetUpChannelAdmin
from channels_app.admin.kit.autocomplete import is_id
from channels_app.admin.kit.deletion import Link, link_to
from channels_app.admin.kit.labels import channel_status, domain_status, past_status
from channels_app.admin.kit.object_views import object_view
from channels_app.models import Channel
from channels_app.moments import moment
from messaging.admin import periods
from messaging.admin.channel_figures import Figures, figures_of
from messaging.admin.charts import Chart
from messaging.inbound import self_test
from messaging.outbound import resolving
from messaging.sending import checking
from messaging.traffic.series import series

_PERIOD = (periods.PARAMETER, periods.FROM, periods.TO)
_OF_PERIOD = (*_PERIOD, "p")  # another period starts on the first page
SHOWN_CHANGES = 20  # of the status, on the channel's page
CHECK_TIMEOUT = 5  # seconds that a person waits for the ITSP after pressing Save


@admin.register(Channel)
class ChannelAdmin(SetUpChannelAdmin):
    change_form_template = "portal/channels/change_form.html"
    list_before_template = "portal/figures/_periods.html"
    list_after_template = "portal/figures/_period_chart.html"
    list_display = [
        *SetUpChannelAdmin.list_display,
        "received",
        "sent_total",
        "successful",
        "failed",
        "segments",
        "with_files",
        "last_inbound",
        "waiting",
    ]
    list_filter = [periods.PeriodFilter, "enabled", "status"]
    actions = ["check_selected"]

    # -- The list ------------------------------------------------------------------------------------------------

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        period = periods.chosen(request.GET)
        figures = figures_of(changelist.result_list, period.start, period.end)
        for channel in changelist.result_list:
            channel.figures = figures[channel.pk]
        return changelist

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        period = periods.chosen(request.GET)
        offered = [(name, label, name == period.name) for name, label in periods.choices()]
        kept = [(name, value) for name, value in request.GET.items() if name not in _OF_PERIOD]
        more = {"periods": offered, "period": period, "kept": kept}
        response = super().changelist_view(request, {**(extra_context or {}), **more})
        context = getattr(response, "context_data", None) or {}
        if "cl" in context and (shown := [each.pk for each in context["cl"].result_list]):
            asked = {name: request.GET[name] for name in _PERIOD if name in request.GET}
            address = reverse("admin:channels_app_channel_chart")
            context["chart_address"] = f"{address}?{urlencode({**asked, 'channel': shown}, doseq=True)}"
        return response

    def chart_view(self, request: HttpRequest) -> HttpResponse:
        """The chart of a page's channels, which the page loads once it is shown; empty without any traffic."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = [int(pk) for pk in request.GET.getlist("channel")[: self.list_per_page] if is_id(pk)]
        chart = _chart(shown, periods.chosen(request.GET))
        if chart is None:
            return HttpResponse()
        return TemplateResponse(request, "portal/figures/_chart.html", {"chart": chart})

    @admin.display(description=gettext_lazy("received"))
    def received(self, channel: Channel) -> str:
        return _grouped(_figures(channel).received)

    @admin.display(description=gettext_lazy("sent in total"))
    def sent_total(self, channel: Channel) -> str:
        return _grouped(_figures(channel).sent_total)

    @admin.display(description=gettext_lazy("successful"))
    def successful(self, channel: Channel) -> str:
        return _grouped(_figures(channel).sent)

    @admin.display(description=gettext_lazy("failed"))
    def failed(self, channel: Channel) -> str:
        figures = _figures(channel)
        if not figures.unconfirmed:
            return _grouped(figures.failed)
        title = _("including unconfirmed ones, which may have reached the customer: %(count)d") % {
            "count": figures.unconfirmed
        }
        return format_html('<abbr title="{}">{}</abbr>', title, _grouped(figures.failed))

    @admin.display(description=gettext_lazy("segments"))
    def segments(self, channel: Channel) -> str:
        return _grouped(_figures(channel).segments)

    @admin.display(description=gettext_lazy("with files"))
    def with_files(self, channel: Channel) -> str:
        return _grouped(_figures(channel).with_files)

    @admin.display(description=gettext_lazy("last inbound"))
    def last_inbound(self, channel: Channel) -> str:
        return _ago(_figures(channel).last_inbound_at)

    @admin.display(description=gettext_lazy("waiting"))
    def waiting(self, channel: Channel) -> str:
        figures = _figures(channel)
        if not figures.waiting_since:
            return "0"
        oldest = _("the oldest for %(time)s") % {"time": figures.oldest_waits}
        return format_html('<abbr title="{}">{}</abbr>', oldest, _grouped(figures.waiting))

    @admin.action(description=gettext_lazy("Check selected channels now"), permissions=["change"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self.tell_check(request, queryset)

    # -- The page ------------------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        channel = self.get_object(request, object_id) if object_id else None
        facts = (
            {
                "channel": channel,
                "status": channel_status(channel),
                "changes": [
                    (change.changed_at, moment(change.changed_at), past_status(change))
                    for change in channel.status_changes.all()[:SHOWN_CHANGES]
                ],
                "domain_status": domain_status(channel.domain) if channel.domain else "",
                "figures": figures_of([channel], *periods.bounds(periods.DEFAULT))[channel.pk],
            }
            if channel
            else None
        )
        return super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), "facts": facts}
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # After the commit: outside the transaction, and with what was saved.
        transaction.on_commit(lambda: self.tell_check(request, Channel.objects.filter(pk=form.instance.pk)))

    def tell_check(self, request: HttpRequest, channels: Iterable[Channel]) -> None:
        """Checks the credentials with the ITSP and tells the person the answer."""
        for channel, connected in checking.check_together(channels, timeout=CHECK_TIMEOUT):
            text = _("%(channel)s: %(status)s") % {"channel": channel, "status": channel.status_text}
            if not channel.enabled:
                text = _("%(channel)s is disabled: nothing is sent through it.") % {"channel": channel}
            good = connected and channel.enabled
            self.message_user(request, text, messages.SUCCESS if good else messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        chart = self.admin_site.admin_view(self.chart_view)
        return [path("chart/", chart, name="channels_app_channel_chart"), *super().get_urls()]

    @object_view("cancel-waiting", asks_first=True)
    def cancel_waiting_view(self, request: HttpRequest, channel: Channel) -> HttpResponse | None:
        """GET: asks. POST: cancels everything waiting in the channel's queue."""
        if request.method == "POST":
            count = resolving.cancel_all_waiting(channel)
            text = ngettext("%(count)d message was cancelled.", "%(count)d messages were cancelled.", count)
            if count:
                self.message_user(request, text % {"count": count}, messages.SUCCESS)
                self.log_change(request, channel, text % {"count": count})
            else:
                self.message_user(request, _("Nothing was waiting."), messages.INFO)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Cancel all waiting"),
            "opts": self.opts,
            "object": channel,
            "waiting": figures_of([channel], None, None)[channel.pk].waiting,
        }
        return TemplateResponse(request, "portal/channels/cancel_waiting.html", context)

    @object_view("check")
    def check_view(self, request: HttpRequest, channel: Channel) -> None:
        """Checks the credentials now."""
        self.tell_check(request, [channel])

    @object_view("self-test")
    def self_test_view(self, request: HttpRequest, channel: Channel) -> None:
        """Calls the webhook address as the ITSP would, and tells what came of it."""
        verdict = self_test.run(channel, request.build_absolute_uri("/"))
        level = messages.SUCCESS if verdict.is_well else messages.ERROR
        self.message_user(request, verdict.text, level if verdict.is_sure else messages.WARNING)

    # -- Deleting ------------------------------------------------------------------------------------------------

    def why_kept(self, request: HttpRequest, obj: Channel) -> str:
        if not (obj.sessions.exists() or obj.unroutable_messages.exists()):
            return ""
        return _("“%(channel)s” has sessions or messages, which are kept: disable the channel instead.") % {
            "channel": obj
        }

    def in_the_way(self, request: HttpRequest, obj: Channel) -> Sequence[Link]:
        links, of_channel = [link_to(obj)], f"?channel__id__exact={obj.pk}"
        if obj.sessions.exists():
            links.append(Link(_("Its sessions"), reverse("admin:messaging_session_changelist") + of_channel))
        if obj.unroutable_messages.exists():
            address = reverse("admin:messaging_unroutablemessage_changelist") + of_channel
            links.append(Link(_("Its unroutable messages"), address))
        return links


def _chart(channels: list[int], period: periods.Period) -> Chart | None:
    """What the page's channels received and sent; None if that was nothing."""
    bars = series(channels, period.start, period.end)
    if not any(bar.received or bar.sent or bar.failed for bar in bars):
        return None
    return Chart("period", _("Received and sent in this period"), bars, "")


def _figures(channel: Channel) -> Figures:
    return getattr(channel, "figures", None) or Figures()


def _grouped(number: int) -> str:
    """A number with separators: 5,000,000."""
    return number_format(number, use_l10n=True, force_grouping=True)


def _ago(at: Any) -> str:
    return _("%(time)s ago") % {"time": timesince(at, depth=1)} if at else _("never")
