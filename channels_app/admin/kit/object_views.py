"""The buttons of an object's page: views of its own that do one thing with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache

from channels_app.admin.kit.unfolded import ModelAdmin

M = TypeVar("M", bound=Model)
Deed = Callable[[Any, HttpRequest, Any], HttpResponse | None]
View = Callable[[Any, HttpRequest, int], HttpResponse]


def object_view(name: str, *, asks_first: bool = False) -> Callable[[Deed], View]:
    """Makes `deed(self, request, thing)` a view at `<id>/<name>/` for people who may change the object.

    Only a POST reaches it; with `asks_first`, a GET too, which shows a page that asks. If it returns None, the answer
    is the object's page. The view's name is `admin:<app>_<model>_<name>`, with `_` for `-`.
    """

    def decorate(deed: Deed) -> View:
        @wraps(deed)
        def view(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
            thing = get_object_or_404(self.model, pk=pk)
            if not self.has_change_permission(request, thing):
                raise PermissionDenied
            answer = deed(self, request, thing) if asks_first or request.method == "POST" else None
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return answer or HttpResponseRedirect(reverse(page, args=[pk]))

        view.object_view_name = name  # type: ignore[attr-defined]
        return view

    return decorate


class ObjectViews(ModelAdmin[M]):
    """An admin that gives its methods with `object_view` their addresses."""

    def get_urls(self) -> list[URLPattern]:
        methods = (getattr(type(self), name, None) for name in dir(type(self)))
        views = [view for view in methods if hasattr(view, "object_view_name")]
        return [*map(self._address_of, views), *super().get_urls()]

    def _address_of(self, view: Any) -> URLPattern:
        name: str = view.object_view_name
        full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name.replace('-', '_')}"
        bound = self.admin_site.admin_view(never_cache(view.__get__(self)))
        address: URLPattern = path(f"<int:pk>/{name}/", bound, name=full_name)
        return address
