"""Changes: Django's log of the portal under the name that people know it by."""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.utils.translation import gettext_lazy as _


class Change(LogEntry):
    """Who changed what, when. What an entry says is read by `channels_app.changes`."""

    class Meta:
        proxy = True
        verbose_name = _("change")
        verbose_name_plural = _("changes")

    def __str__(self) -> str:
        return self.object_repr
