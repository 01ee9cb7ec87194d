"""One-time sign-in links: made by an administrator, shown once, on a page that is never stored."""

from __future__ import annotations

from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from channels_app.admin.kit.base import PortalAdmin
from channels_app.admin.kit.object_views import object_view
from channels_app.models import SignInLink, User

M = TypeVar("M", bound=Model)


class SignInLinkAdmin(PortalAdmin[M]):
    """An admin of objects with a login, with a button that makes a new sign-in link for it."""

    def login_of(self, obj: M) -> User:
        raise NotImplementedError

    @object_view("sign-in-link")
    def sign_in_link_view(self, request: HttpRequest, obj: M) -> HttpResponse:
        """Ends the login's earlier link and shows a new one."""
        with transaction.atomic():
            self.log_change(request, obj, _("Created a new sign-in link."))
            return self.show_new_link(request, obj, title=_("New sign-in link"))

    def show_new_link(self, request: HttpRequest, obj: M, *, title: str) -> HttpResponse:
        """The page with a new link. The link is never put into a message: those are kept in cookies and sessions."""
        user = self.login_of(obj)
        token = SignInLink.issue(user)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "object": obj,
            "login": user,
            "link": request.build_absolute_uri(reverse("welcome", args=[token])),
            "hours": settings.SIGN_IN_LINK_HOURS,
        }
        response = TemplateResponse(request, "portal/people/sign_in_link.html", context)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
