"""Exporting the session log: what the filters select, as sessions or messages, in a file."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.kit.unfolded import Select
from channels_app.models import User
from messaging.exports import session_log
from messaging.models import Export, Message, Session
from messaging.thread_limits import Places

if TYPE_CHECKING:
    from messaging.admin.readonly import ReadOnlyAdmin

    Base = ReadOnlyAdmin[Session]
else:
    Base = object

PLACES = Places(together=2, each=1)  # a process has 20 threads, and an export may take one for minutes


class ExportForm(forms.Form):
    content = forms.ChoiceField(
        label=gettext_lazy("Content"),
        choices=Export.Content.choices,
        initial=Export.Content.SESSIONS,
        widget=Select,
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=Export.Format.choices,
        initial=Export.Format.XLSX,
        widget=Select,
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class ProgressForm(forms.Form):
    key = forms.UUIDField()


class SessionExport(Base):
    """Adds the export's addresses to the session log."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("export/", view(self.export_view), name="messaging_session_export"),
            path("export/progress/", view(self.progress_view), name="messaging_session_export_progress"),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """GET: the form. POST: the file, streamed as it is written. The address has the list's filters.

        Invalid filters lead back to the list: nobody exports more than they see there.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            filtered = self._filtered(request)
        except IncorrectLookupParameters:
            return redirect("admin:messaging_session_changelist")
        sessions = Session.objects.filter(pk__in=filtered.order_by().values("pk"))
        form = ExportForm(request.POST or None, initial={"key": uuid.uuid4()})
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, form, sessions)
        if not PLACES.take(request.user.pk):
            form.add_error(None, _("An export is already running. Wait for it to finish, then try again."))
            return self._ask(request, form, sessions, status=503)
        try:
            return self._send(request, form.cleaned_data, sessions)
        except IntegrityError:
            PLACES.give_back(request.user.pk)
            form = ExportForm(initial={**form.cleaned_data, "key": uuid.uuid4()})
            return self._ask(request, form, sessions, status=409)
        except BaseException:
            PLACES.give_back(request.user.pk)
            raise

    def progress_view(self, request: HttpRequest) -> HttpResponse:
        """The progress of one's own export with this `key`; *waiting* if there is none yet."""
        form = ProgressForm(request.GET)
        mine = Export.objects.filter(person=request.user.pk)
        export = mine.filter(key=form.cleaned_data["key"]).first() if form.is_valid() else None
        if export is None:
            return JsonResponse({"state": "waiting"})
        words = {"state": export.state, "state_label": export.get_state_display()}
        return JsonResponse({"rows": export.rows, "expected": export.rows_expected, **words})

    def _filtered(self, request: HttpRequest) -> Any:
        changelist = self.get_changelist_instance(request)
        if request.GET.get(SEARCH_VAR, "").strip() and not changelist.query:
            raise IncorrectLookupParameters  # the list ignores an invalid search
        return changelist.queryset

    def _ask(self, request: HttpRequest, form: ExportForm, sessions: Any, status: int = 200) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Export sessions"),
            "opts": self.opts,
            "form": form,
            "session_count": sessions.count(),
            "message_count": Message.objects.filter(session__in=sessions.values("pk")).count(),
            "filters": request.GET.urlencode(),
        }
        return TemplateResponse(request, "portal/sessions/export.html", context, status=status)

    def _send(self, request: HttpRequest, asked: dict[str, Any], sessions: Any) -> StreamingHttpResponse:
        user = cast(User, request.user)
        with transaction.atomic():
            export = session_log.start(user, asked["key"], asked["content"], asked["format"], sessions)
        response = StreamingHttpResponse(
            _File(session_log.written(export, sessions), user.pk),
            content_type=session_log.TYPES[export.format],
        )
        response["Content-Disposition"] = (
            content_disposition_header(True, session_log.file_name(export)) or ""
        )
        response["X-Accel-Buffering"] = "no"  # a buffering proxy would show no progress
        return response


class _File:
    """The file's pieces; its place is given back when the response is closed, complete or not."""

    def __init__(self, pieces: Any, whose: int) -> None:
        self._pieces, self._whose, self._has_place = pieces, whose, True

    def __iter__(self) -> Any:
        return self._pieces

    def close(self) -> None:
        self._pieces.close()
        if self._has_place:
            self._has_place = False
            PLACES.give_back(self._whose)
