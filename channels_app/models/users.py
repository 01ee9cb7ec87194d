"""Logins, their roles, and the one-time link that hands a login over."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    SUPERVISOR = "supervisor", _("Supervisor")
    AGENT = "agent", _("Agent")


# Supervisors see sessions, logs and statistics, and move sessions. Everything else is set-up.
SUPERVISOR_PERMISSIONS = frozenset(
    {
        "messaging.view_session",
        "messaging.change_session",
        "messaging.view_contact",
        "messaging.view_webhooklogentry",
        "messaging.view_unroutablemessage",
        "channels_app.view_channel",
    }
)


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Creates a login; without a password it can only be used through a sign-in link."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Creates an administrator, for `manage.py createsuperuser`."""
        return self.create_user(username, password, role=Role.ADMINISTRATOR, **fields)


class User(AbstractBaseUser):
    """A login. Its role alone decides what it may do: there are no groups and no single permissions."""

    username = models.CharField(
        _("login name"),
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("This login name is taken.")},
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.AGENT)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Off: this login can't be used; nothing is deleted.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("login")
        verbose_name_plural = _("logins")
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_is_known"),
        ]

    @property
    def is_administrator(self) -> bool:
        return self.is_active and self.role == Role.ADMINISTRATOR

    @property
    def oversees(self) -> bool:
        """Whether this login sees and moves every session: administrators and supervisors."""
        return self.is_active and self.role in (Role.ADMINISTRATOR, Role.SUPERVISOR)

    @property
    def is_staff(self) -> bool:
        """Whether this login may open the portal, as Django's admin calls it."""
        return self.oversees

    @property
    def is_superuser(self) -> bool:
        return self.is_administrator

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        if self.is_administrator:
            return True
        return self.oversees and perm in SUPERVISOR_PERMISSIONS

    def has_perms(self, perm_list: Iterable[str], obj: object | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.oversees


class SignInLink(models.Model):
    """A link that lets one person choose a password and sign in, once. Only the token's hash is kept."""

    user = models.OneToOneField(User, models.CASCADE, related_name="sign_in_link")
    token_hash = models.CharField(max_length=64, unique=True)
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sign-in link")
        verbose_name_plural = _("sign-in links")

    def __str__(self) -> str:
        return str(self.user)

    @classmethod
    def issue(cls, user: User) -> str:
        """A new token for `user`; any earlier link stops working. Show it now: it can't be shown again."""
        token = secrets.token_urlsafe(32)
        cls.objects.update_or_create(
            user=user,
            defaults={
                "token_hash": _digest(token),
                "ends_at": timezone.now() + dt.timedelta(hours=settings.SIGN_IN_LINK_HOURS),
            },
        )
        return token

    @classmethod
    def find(cls, token: str) -> SignInLink | None:
        """The link of `token`, if it still works."""
        links = cls.objects.select_related("user")
        return links.filter(
            token_hash=_digest(token), ends_at__gt=timezone.now(), user__is_active=True
        ).first()

    def use(self, password: str) -> bool:
        """Sets the password and ends the link; False if another was first."""
        with transaction.atomic():
            deleted, _by_model = SignInLink.objects.filter(pk=self.pk, token_hash=self.token_hash).delete()
            if not deleted:
                return False
            self.user.set_password(password)
            self.user.save(update_fields=["password"])
        return True


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
