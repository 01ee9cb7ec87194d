"""Extensions: what agents receive and answer messages as."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models.users import User


class Extension(models.Model):
    """A number such as 1001, a name, and one login."""

    number = models.CharField(
        _("extension number"),
        max_length=7,
        unique=True,
        validators=[RegexValidator(r"^[0-9]{2,7}\Z", _("An extension has 2 to 7 digits, for example 1001"))],
        error_messages={"unique": _("This extension number is taken.")},
    )
    name = models.CharField(_("name"), max_length=127, help_text=_("As colleagues see it."))
    user = models.OneToOneField(
        User, models.PROTECT, related_name="extension", verbose_name=_("login"), editable=False
    )

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
