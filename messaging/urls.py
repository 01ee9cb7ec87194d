"""Addresses of the inbox, below `/inbox/`."""

from __future__ import annotations

from django.urls import path

from messaging.views import (
    actions,
    answer,
    contact,
    conversation,
    inbox,
    presence,
    resolving,
    start,
    start_check,
    transfer,
)
from messaging.views.files import downloads, uploads

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("list/", inbox.session_list, name="session-list"),
    path("present/", presence.present, name="present"),
    path("away/", presence.away, name="away"),
    path("start/", start.start, name="start-session"),
    path("start/check/", start_check.check, name="start-check"),
    path("<int:session_id>/", conversation.conversation, name="conversation"),
    path("<int:session_id>/news/", conversation.news, name="conversation-news"),
    path("<int:session_id>/earlier/", conversation.earlier, name="conversation-earlier"),
    path("<int:session_id>/read/", actions.read, name="conversation-read"),
    path("<int:session_id>/answer/", answer.answer, name="answer"),
    path("<int:session_id>/<int:message_id>/cancel/", resolving.cancel, name="cancel-message"),
    path("<int:session_id>/<int:message_id>/send-again/", resolving.send_again, name="send-again"),
    path("<int:session_id>/<int:message_id>/it-was-sent/", resolving.it_was_sent, name="it-was-sent"),
    path("<int:session_id>/files/<int:file_id>/", downloads.file, name="file"),
    path("<int:session_id>/files/<int:file_id>/preview/", downloads.preview, name="file-preview"),
    path("<int:session_id>/files/", uploads.upload, name="upload-file"),
    path("<int:session_id>/files/<int:file_id>/remove/", uploads.remove, name="remove-file"),
    path("<int:session_id>/pick-up/", actions.pick_up, name="pick-up"),
    path("<int:session_id>/take-over/", actions.take_over, name="take-over"),
    path("<int:session_id>/transfer/", transfer.transfer, name="transfer"),
    path("<int:session_id>/contact/", contact.contact, name="contact"),
    path("<int:session_id>/close/", actions.close, name="close-session"),
    path("<int:session_id>/archive/", actions.archive, name="archive"),
    path("<int:session_id>/unarchive/", actions.unarchive, name="unarchive"),
]
