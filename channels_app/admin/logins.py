"""Logins: who may sign in, as what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels_app.admin.kit.deletion import Link, link_to
from channels_app.admin.kit.forms import LOGIN_NAME_IN_WORDS, ROLES_IN_WORDS, PortalForm
from channels_app.admin.kit.labels import badge
from channels_app.admin.kit.object_views import object_view
from channels_app.admin.locks import locked_usernames, unlock
from channels_app.admin.sign_in_links import SignInLinkAdmin
from channels_app.models import Role, User

# The role decides everything: there are no groups.
admin.site.unregister(Group)


class LoginForm(PortalForm[User]):
    editor: User

    class Meta:
        model = User
        fields = ["username", "role", "is_active"]
        help_texts = {
            "username": gettext_lazy("What the person types to sign in, for example anna."),
            "role": ROLES_IN_WORDS,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "username" in self.fields:
            self.fields["username"].error_messages |= {
                "required": _("Enter a login name, for example anna"),
                "invalid": LOGIN_NAME_IN_WORDS,
            }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk and self._stops_administering():
            field = "role" if self.cleaned_data.get("role") != Role.ADMINISTRATOR else "is_active"
            if self.instance.pk == self.editor.pk:
                self.add_error(field, _("You can't remove your own permissions: ask another administrator."))
            elif not _other_administrators(self.instance):
                self.add_error(field, _("This is the last administrator: make somebody else one first."))
        return cleaned

    def _stops_administering(self) -> bool:
        was: User = User.objects.get(pk=self.instance.pk)
        stays = self.cleaned_data.get("role") == Role.ADMINISTRATOR and self.cleaned_data.get(
            "is_active", False
        )
        return was.is_administrator and not stays


def _other_administrators(user: User) -> list[User]:
    # Locked, so that two administrators who demote each other at once don't both succeed.
    administrators = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True)
    return [each for each in administrators.order_by("pk") if each.pk != user.pk]


@admin.register(User)
class LoginAdmin(SignInLinkAdmin[User]):
    form = LoginForm
    change_form_template = "portal/people/login_change_form.html"
    fields = ["username", "role", "is_active"]
    list_display = ["username", "role", "extension_name", "state", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "extension__number", "extension__name"]
    actions = ["unlock_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).select_related("extension")

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.editor = request.user  # a class made for this request
        return form

    def login_of(self, obj: User) -> User:
        return obj

    def rows_of_change(self, pk: int) -> QuerySet[User]:
        # All administrators, in a fixed order: two who demote each other both check who is left.
        return User.objects.filter(Q(pk=pk) | Q(role=Role.ADMINISTRATOR)).order_by("pk")

    @admin.display(description=gettext_lazy("extension"), ordering="extension__number")
    def extension_name(self, user: User) -> str:
        return str(getattr(user, "extension", ""))

    @admin.display(description=gettext_lazy("state"))
    def state(self, user: User) -> SafeString:
        if not user.is_active:
            return badge("quiet", _("Off"))
        if getattr(user, "is_locked", False):
            return badge("bad", _("Locked"), _("too many wrong passwords"))
        if not user.has_usable_password():
            return badge("warn", _("Invited"), _("has not signed in yet"))
        return badge("good", _("Active"))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        locked = locked_usernames()
        changelist.result_list = list(changelist.result_list)
        for user in changelist.result_list:
            user.is_locked = user.username in locked
        return changelist

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        user = self.get_object(request, object_id) if object_id else None
        locked = user is not None and user.username in locked_usernames()
        return super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), "locked": locked}
        )

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.show_new_link(request, obj, title=_("The login “%(login)s” was added") % {"login": obj})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    @object_view("unlock")
    def unlock_view(self, request: HttpRequest, user: User) -> None:
        """Lets a locked login try again now."""
        self._unlock(request, [user])

    @admin.action(description=gettext_lazy("Unlock selected logins"), permissions=["change"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._unlock(request, list(queryset))

    def _unlock(self, request: HttpRequest, users: list[User]) -> None:
        unlocked = [user for user in users if unlock(user)]
        for user in unlocked:
            self.log_change(request, user, _("Unlocked."))
        names = ", ".join(user.username for user in unlocked)
        if names:
            text = ngettext("%(names)s can sign in again.", "%(names)s can sign in again.", len(unlocked))
            self.message_user(request, text % {"names": names}, messages.SUCCESS)
        else:
            self.message_user(request, _("None of them was locked."), messages.INFO)

    def why_kept(self, request: HttpRequest, obj: User) -> str:
        if obj.pk == request.user.pk:
            return _("“%(login)s” is your own login: another administrator can delete it.") % {"login": obj}
        if extension := getattr(obj, "extension", None):
            return _("“%(login)s” is the login of extension %(extension)s: delete the extension first.") % {
                "login": obj,
                "extension": extension,
            }
        if LogEntry.objects.filter(user=obj).exists():
            return _(
                "“%(login)s” has changed settings and appears in the history: switch it off instead."
            ) % {"login": obj}
        return ""

    def in_the_way(self, request: HttpRequest, obj: User) -> Sequence[Link]:
        return [] if obj.pk == request.user.pk else [link_to(getattr(obj, "extension", obj))]
