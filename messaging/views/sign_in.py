"""Signing in, the password, and the one-time link that hands a login over."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from channels_app import changes
from channels_app.models import SignInLink, User


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": gettext_lazy(
            "The login name or password is wrong. Check capital letters; an administrator can give "
            "you a new sign-in link."
        ),
        "inactive": gettext_lazy("This login has been switched off."),
    }

    def clean(self) -> dict[str, Any]:
        # Nobody has a longer name, and PostgreSQL has no room for it among the wrong tries.
        if len(self.cleaned_data.get("username", "")) > (self.username_field.max_length or 0):
            raise self.get_invalid_login_error()
        return super().clean()


class SignIn(LoginView):
    """The sign-in page for everybody. Afterwards administrators land in the portal, agents in the inbox."""

    template_name = "sign_in/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_success_url(self) -> str:
        """Where the person wanted to go, if that is an address of ours and one that this person can open."""
        address = super().get_success_url()
        user = self.request.user
        if address == self.request.path:
            return reverse("home")
        if isinstance(user, User) and not user.oversees and address.startswith(reverse("admin:index")):
            return reverse("home")
        return address


class ChangePassword(PasswordChangeView):
    """One's own password."""

    template_name = "sign_in/change_password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        changes.note(form.user, form.user, _("Changed the password."))
        messages.success(self.request, _("Your password was changed."))
        return response


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Lets a person choose a password and signs in, once. Opening the page uses nothing up."""
    link = SignInLink.find(token)
    if link is None:
        return _private(render(request, "sign_in/link_ended.html", status=410))
    form = SetPasswordForm(link.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not link.use(form.cleaned_data["new_password1"]):
            return _private(render(request, "sign_in/link_ended.html", status=410))
        changes.note(link.user, link.user, _("Chose a password with a sign-in link."))
        login(request, link.user, backend="django.contrib.auth.backends.ModelBackend")
        return _private(redirect("home"))
    context = {"form": form, "login_name": link.user.username}
    return _private(render(request, "sign_in/welcome.html", context, status=422 if form.is_bound else 200))


def _private(response: HttpResponse) -> HttpResponse:
    """Keeps the address, which is a secret, out of what the browser tells when it loads or posts something.

    With `no-referrer` browsers post with `Origin: null`, which the protection against forged forms refuses.
    """
    response["Referrer-Policy"] = "strict-origin"
    return response
