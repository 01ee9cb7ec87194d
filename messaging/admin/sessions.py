"""The session log: who talks to whom, in which status, and who holds it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels_app.admin.kit.autocomplete import is_id
from channels_app.admin.kit.labels import badge
from channels_app.models import Extension, User
from messaging.admin import filters
from messaging.admin.readonly import ReadOnlyAdmin
from messaging.admin.session_export import SessionExport
from messaging.admin.session_filters import GoneFilter, NeedsFilter, WaitingFilter
from messaging.admin.transfer_form import TargetForm
from messaging.inbox.conversation import read_conversation, read_earlier
from messaging.models import Session
from messaging.models.person import Person
from messaging.refusal import NotFoundError
from messaging.sessions.closing import close
from messaging.sessions.transfer import transfer

_SESSION_ID = re.compile(r"#([0-9]{1,18})")
_PUNCTUATION = re.compile(r"[\s().-]+")


@admin.register(Session)
class SessionAdmin(SessionExport, ReadOnlyAdmin[Session]):
    list_before_template = "portal/sessions/_export_link.html"
    change_form_template = "portal/sessions/change_form.html"
    list_display = [
        "session_id",
        "customer_number",
        "our_number",
        "channel",
        "queue_column",
        "holder_column",
        "state",
        "last_activity_at",
    ]
    list_display_links = ["session_id", "customer_number"]
    list_select_related = ["channel", "queue", "holder"]
    list_filter = [
        ("status", filters.Choices),
        WaitingFilter,
        NeedsFilter,
        GoneFilter,
        ("channel", filters.Related),
        ("queue", filters.Related),
        ("holder", filters.Related),
        ("last_activity_at", filters.Days),
    ]
    search_fields = ["customer_number", "our_number"]
    search_help_text = gettext_lazy("Search by the customer's number, our number or #ID of the session")
    ordering = ["-last_activity_at"]
    actions = ["transfer_selected", "close_selected"]
    fields = [
        "customer_number",
        "our_number",
        "channel",
        "queue_column",
        "holder_column",
        "state",
        "opened_at",
        "last_activity_at",
        "closed_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        agents = Extension.objects.filter(queues=OuterRef("queue"))
        return super().get_queryset(request).annotate(queue_has_agents=Exists(agents))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Session], search_term: str
    ) -> tuple[QuerySet[Session], bool]:
        if number := _SESSION_ID.fullmatch(search_term.strip()):
            return queryset.filter(pk=int(number[1])), False
        # Numbers may be pasted in any form: +1 (410) 216-1183 is stored as +14102161183.
        if re.search(r"\d", search_term):
            search_term = _PUNCTUATION.sub("", search_term)
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("ID"), ordering="id")
    def session_id(self, session: Session) -> str:
        return f"#{session.pk}"

    @admin.display(description=gettext_lazy("queue"), ordering="queue_name")
    def queue_column(self, session: Session) -> str | SafeString:
        if session.queue_is_gone:
            return badge("bad", _("Deleted"), session.queue_name)
        if session.queue_id and not getattr(session, "queue_has_agents", True):
            return badge("warn", _("No agents"), session.queue_name)
        return session.queue_name

    @admin.display(description=gettext_lazy("holder"), ordering="holder_name")
    def holder_column(self, session: Session) -> str | SafeString:
        if session.holder_is_gone:
            return badge("bad", _("Deleted"), session.holder_name)
        return session.holder_name

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, session: Session) -> SafeString:
        if not session.is_open:
            return badge("quiet", _("Closed"))
        if session.holder_id is None and session.queue_id:
            return badge("warn", _("Waiting"))
        return badge("good", _("Open"))

    # -- Moving --------------------------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Transfer selected sessions…"), permissions=["act"])
    def transfer_selected(self, request: HttpRequest, queryset: QuerySet[Session]) -> HttpResponse | None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        form = TargetForm(request.POST if "target" in request.POST else None)
        if not form.is_valid():
            return self._ask_for_target(request, form, ids)
        target = form.chosen()
        deed = _("Transferred to %(target)s.") % {"target": target}
        person = Person.of(cast(User, request.user))
        done = self.act_on_each(request, ids, lambda pk: transfer(person, pk, target), deed)
        if done:
            text = ngettext(
                "%(count)d session went to %(target)s.", "%(count)d sessions went to %(target)s.", done
            )
            self.message_user(request, text % {"count": done, "target": target}, messages.SUCCESS)
        return self._back_to(request)

    @admin.action(description=gettext_lazy("Close selected sessions"), permissions=["act"])
    def close_selected(self, request: HttpRequest, queryset: QuerySet[Session]) -> HttpResponse | None:
        is_open = queryset.filter(status=Session.Status.OPEN)
        ids = list(is_open.order_by("pk").values_list("pk", flat=True))
        person = Person.of(cast(User, request.user))
        done = self.act_on_each(request, ids, partial(close, person), _("Closed."))
        if done:
            text = ngettext("%(count)d session was closed.", "%(count)d sessions were closed.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)
        elif not ids:
            self.message_user(request, _("No session was closed: none of them was open."), messages.INFO)
        return self._back_to(request)

    def _ask_for_target(self, request: HttpRequest, form: TargetForm, ids: list[int]) -> HttpResponse:
        text = ngettext("Transfer %(count)d session", "Transfer %(count)d sessions", len(ids))
        context = {
            **self.admin_site.each_context(request),
            "title": text % {"count": len(ids)},
            "opts": self.opts,
            "form": form,
            "ids": ids,
            "back": self._page_asked_from(request),
        }
        return TemplateResponse(request, "portal/sessions/transfer.html", context)

    def _back_to(self, request: HttpRequest) -> HttpResponse | None:
        """Back to the session's page, if the action came from there; None is the list as it was."""
        page = self._page_asked_from(request)
        if page is None:
            return None
        return HttpResponseRedirect(reverse("admin:messaging_session_change", args=[page]))

    def _page_asked_from(self, request: HttpRequest) -> int | None:
        page = request.POST.get("asked_from", "")
        return int(page) if is_id(page) else None

    # -- The page ------------------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        session = self.get_object(request, object_id) if object_id else None
        extra = extra_context or {}
        if session is not None and self.has_view_permission(request, session):
            extra |= {
                "timeline": _timeline(request, session),
                "session": session,
                "may_act": session.is_open and self.may_act(request),
            }
        return super().changeform_view(request, object_id, form_url, extra)


def _timeline(request: HttpRequest, session: Session) -> Any:
    """The newest messages and events, or those before `?before=`."""
    person = Person.of(cast(User, request.user))
    before = request.GET.get("before", "")
    try:
        if is_id(before):
            return read_earlier(person, session.pk, int(before))
        return read_conversation(person, session.pk).timeline
    except NotFoundError:
        raise Http404 from None
