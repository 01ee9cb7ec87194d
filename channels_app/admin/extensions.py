"""Extensions: what agents sign in as, each with its login."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels_app.admin.kit.changed_values import model_line
from channels_app.admin.kit.deletion import Link
from channels_app.admin.kit.forms import LOGIN_NAME_IN_WORDS, ROLES_IN_WORDS, PortalForm
from channels_app.admin.kit.unfolded import Select
from channels_app.admin.numbers import channels_of
from channels_app.admin.sign_in_links import SignInLinkAdmin
from channels_app.changes import ADDED, CHANGED, Line, Part, to_message
from channels_app.models import Extension, Role, User


class ExtensionForm(PortalForm[Extension]):
    """The extension itself; its login has a page of its own."""

    class Meta:
        model = Extension
        fields = ["number", "name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "number" in self.fields:
            self.fields["number"].error_messages["required"] = _(
                "An extension has 2 to 7 digits, for example 1001"
            )
            self.fields["number"].help_text = _("2 to 7 digits, for example 1001.")
            self.fields["name"].error_messages["required"] = _("Enter a name, for example Anna Smith")


class NewExtensionForm(ExtensionForm):
    """An extension and its login in one form."""

    login = forms.ModelChoiceField(
        User.objects.filter(extension=None, is_active=True),
        label=gettext_lazy("Login"),
        required=False,
        empty_label=gettext_lazy("A new login"),
        help_text=gettext_lazy("Or a login that has no extension yet, to give it the inbox too."),
        widget=Select,
    )
    username = forms.CharField(
        label=gettext_lazy("Login name"),
        required=False,
        max_length=150,
        validators=User._meta.get_field("username").validators,
        error_messages={"invalid": LOGIN_NAME_IN_WORDS},
        help_text=gettext_lazy("Empty: the extension number."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=Role.choices,
        initial=Role.AGENT,
        help_text=ROLES_IN_WORDS,
        widget=Select,
    )

    class Meta(ExtensionForm.Meta):
        pass

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs |= {"class": self.fields["name"].widget.attrs.get("class", "")}
        self.fields["role"].required = False

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("login") is not None:
            self.cleaned_data |= {"username": "", "role": ""}  # it has its own
        elif "number" in self.cleaned_data:
            self._clean_username()
        return cleaned

    def _clean_username(self) -> None:
        if "username" in self.errors:
            return
        username = User.normalize_username(self.cleaned_data["username"] or self.cleaned_data["number"])
        self.cleaned_data["username"] = username
        if User.objects.filter(username=username).exists():
            self.add_error(
                "username",
                ValidationError(
                    _("The login name “%(name)s” is taken. Enter another, for example %(name)s-2"),
                    params={"name": username},
                ),
            )

    def save(self, commit: bool = True) -> Extension:
        chosen: User | None = self.cleaned_data["login"]
        self.instance.user = chosen or User.objects.create_user(
            self.cleaned_data["username"], role=self.cleaned_data["role"] or Role.AGENT
        )
        return super().save(commit)


class ExtensionAdmin(SignInLinkAdmin[Extension]):
    """Extensions, without presence, which `messaging.admin` adds."""

    form = ExtensionForm
    change_form_template = "portal/people/login_change_form.html"
    list_display = ["number", "name", "login_link", "role", "queue_names"]
    list_filter = ["user__role", "queues"]
    search_fields = ["number", "name", "user__username"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Extension]:
        return super().get_queryset(request).select_related("user").prefetch_related("queues")

    def get_fieldsets(self, request: HttpRequest, obj: Extension | None = None) -> Any:
        login = ["login_link", "role"] if obj else ["login", "username", "role"]
        return [(None, {"fields": ["number", "name", *login]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Extension | None = None) -> list[str]:
        return ["login_link", "role"] if obj else []

    def get_form(
        self, request: HttpRequest, obj: Extension | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, **kwargs | ({} if obj else {"form": NewExtensionForm}))

    def login_of(self, obj: Extension) -> User:
        return obj.user

    @admin.display(description=gettext_lazy("login"), ordering="user__username")
    def login_link(self, extension: Extension) -> SafeString:
        address = reverse("admin:channels_app_user_change", args=[extension.user_id])
        off = "" if extension.user.is_active else _("(not active)")
        return format_html('<a class="tl-link" href="{}">{}</a> {}', address, extension.user.username, off)

    @admin.display(description=gettext_lazy("role"), ordering="user__role")
    def role(self, extension: Extension) -> str:
        return extension.user.get_role_display()

    @admin.display(description=gettext_lazy("message queues"))
    def queue_names(self, extension: Extension) -> str:
        return ", ".join(queue.name for queue in extension.queues.all())

    def save_model(self, request: HttpRequest, obj: Extension, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change and form.cleaned_data["login"] is None:
            login = [model_line(obj.user, name) for name in ("username", "role", "is_active")]
            self.log_addition(request, obj.user, to_message([Part(ADDED, login)]))  # type: ignore[arg-type]

    def response_add(
        self, request: HttpRequest, obj: Extension, post_url_continue: str | None = None
    ) -> HttpResponse:
        if obj.user.has_usable_password():
            return super().response_add(request, obj, post_url_continue)
        return self.show_new_link(
            request, obj, title=_("Extension %(extension)s was added") % {"extension": obj}
        )

    def why_kept(self, request: HttpRequest, obj: Extension) -> str:
        numbers = [rule.number for rule in obj.inbound_rules.all()]
        if not numbers:
            return ""
        return ngettext(
            "%(numbers)s goes to extension %(extension)s. Give that number another destination first.",
            "%(numbers)s go to extension %(extension)s. Give those numbers another destination first.",
            len(numbers),
        ) % {"numbers": ", ".join(numbers), "extension": obj}

    def in_the_way(self, request: HttpRequest, obj: Extension) -> Sequence[Link]:
        return channels_of(obj.inbound_rules.all())

    def goes_along(self, obj: Extension) -> list[str]:
        lines = [
            _("Its sessions stay readable; the sessions' filter “By deleted holder or queue” finds them.")
        ]
        if obj.user.role == Role.AGENT:
            lines.append(_("The login “%(login)s” is deleted too.") % {"login": obj.user})
        else:
            lines.append(_("The login “%(login)s” stays.") % {"login": obj.user})
        return lines

    def facts_of(self, obj: Extension) -> list[Line]:
        queues = sorted(queue.name for queue in obj.queues.all())
        more = [Line(_("Login"), "", str(obj.user)), Line(_("Message queues"), "", queues)]
        return [*super().facts_of(obj), *more]

    def delete_model(self, request: HttpRequest, obj: Extension) -> None:
        login = obj.user
        super().delete_model(request, obj)
        if login.role != Role.AGENT:
            return
        if LogEntry.objects.filter(user=login).exists():  # the history names it
            if User.objects.filter(pk=login.pk, is_active=True).update(is_active=False):
                self.log_change(request, login, to_message([Part(CHANGED, [_switched_off()])]))
        else:
            facts = [model_line(login, name) for name in ("username", "role", "is_active")]
            self.log_one_deletion(request, login, facts)
            login.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Extension]) -> None:
        for extension in queryset:
            self.delete_model(request, extension)


def _switched_off() -> Line:
    label = User._meta.get_field("is_active").verbose_name
    return Line(str(capfirst(label)), _("Yes"), _("No"))
