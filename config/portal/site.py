"""The portal: Django's admin in a PBX's order, for administrators and supervisors."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import auth
from django.contrib.admin.apps import SimpleAdminConfig
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse

if TYPE_CHECKING:  # Unfold has no types
    from django.contrib.admin import AdminSite as UnfoldAdminSite
else:
    from unfold.sites import UnfoldAdminSite


class PortalConfig(SimpleAdminConfig):
    # Simple, so that workers don't load the portal's pages (40 MB); config.urls loads them for the web.
    default_site = "config.portal.site.Portal"


class Portal(UnfoldAdminSite):
    """The admin site. Everybody signs in, signs out and changes a password on the same pages."""

    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "oversees", False))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def not_for_agents(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            response: HttpResponse = guarded(request, *args, **kwargs)
            return response

        return not_for_agents

    def get_urls(self) -> list[Any]:
        from config.portal import guidance  # the site is made before there are models

        def set_up(request: HttpRequest) -> HttpResponse:
            if not getattr(request.user, "is_administrator", False):
                raise PermissionDenied
            return guidance.page(request)

        return [path("set-up/", self.admin_view(set_up), name="set_up"), *super().get_urls()]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            return super().search(request, extra_context)  # type: ignore[misc,no-any-return]
        except (InvalidPage, ValueError):  # no such page of results
            raise Http404 from None

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from config.portal import guidance

        return {**super().each_context(request), "guidance": guidance.for_pages(request)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        # Django builds it for each page, but only an app's page shows it; the sidebar is our own.
        return super().get_app_list(request, app_label) if app_label else []

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        address = request.GET.get("next", reverse("admin:index"))
        return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': address})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST":
            auth.logout(request)
        return redirect("sign-in" if request.method == "POST" else "admin:index")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("change-password")
