"""What the portal's forms have in common."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.kit.unfolded import ModelForm

M = TypeVar("M", bound=Model)
ROLES_IN_WORDS = gettext_lazy(
    "Agents use the inbox. Supervisors also see and move every session. Administrators may do everything."
)
LOGIN_NAME_IN_WORDS = gettext_lazy(
    "A login name can have letters, digits and the characters @ . + - _ only, for example anna.smith"
)


class PortalForm(ModelForm[M]):
    """A form with one error per field: the form's own goes before the model's.

    Changes made elsewhere since the page was shown are not overwritten unseen: the page says so, once.
    """

    # The form's field for each model field that has another name there, to show the model's errors.
    shown_at: dict[str, str] = {}

    def shown_values(self) -> dict[str, tuple[str, Any]]:
        """(label, value) of each stored value the page shows, by name."""
        return {
            name: (str(field.label), self.initial[name])
            for name, field in self.fields.items()
            if name in self.initial
        }

    @property
    def as_shown(self) -> str:
        """Digests of the stored values, which the page sends back."""
        return " ".join(f"{name}:{_digest(value)}" for name, (_label, value) in self.shown_values().items())

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk and self.prefix is None and (changed := self._changed_elsewhere()):
            self.add_error(
                None,
                ValidationError(
                    _(
                        "This was changed elsewhere since you opened the page: %(fields)s. Nothing has been "
                        "saved yet. Save again to overwrite that change, or reopen the page to see it."
                    ),
                    params={"fields": ", ".join(changed)},
                ),
            )
        return cleaned

    def _changed_elsewhere(self) -> list[str]:
        shown = dict(each.partition(":")[::2] for each in self.data.get("as_shown", "").split())
        return [
            label
            for name, (label, value) in self.shown_values().items()
            if shown.get(name, _digest(value)) != _digest(value)
        ]

    def _update_errors(self, errors: ValidationError) -> None:
        if hasattr(errors, "error_dict"):
            found = {self.shown_at.get(name, name): error for name, error in errors.error_dict.items()}
            new = {name: error for name, error in found.items() if name not in self.errors}
            if not new:
                return
            errors = ValidationError(
                {name if name in self.fields else NON_FIELD_ERRORS: error for name, error in new.items()}
            )
        super()._update_errors(errors)  # type: ignore[misc]


def _digest(value: Any) -> str:
    if isinstance(value, list):
        value = sorted(each.pk if isinstance(each, Model) else each for each in value)
    return hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()[:12]


def expect_range(field: forms.Field, low: int, high: int, sentence: str) -> None:
    """Gives one error for anything but a whole number from `low` to `high`."""
    field.error_messages |= {"invalid": sentence, "required": sentence}
    field.validators = [MinValueValidator(low, sentence), MaxValueValidator(high, sentence)]
    field.widget.attrs |= {"min": low, "max": high, "step": 1, "inputmode": "numeric"}


def set_choices(field: forms.Field, choices: list[Any]) -> None:
    """Fills a drop-down."""
    cast(forms.ChoiceField, field).choices = choices
