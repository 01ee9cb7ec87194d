"""What the portal's forms have in common."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model
from django.utils.translation import gettext_lazy

from channels_app.admin.unfolded import ModelForm

M = TypeVar("M", bound=Model)
ROLES_IN_WORDS = gettext_lazy(
    "Agents use the inbox. Supervisors see and move every session besides. Administrators may do everything."
)


class PortalForm(ModelForm[M]):
    """A form in which a field has one error: what the form itself found goes before what the model finds."""

    # Where the model's errors show, if the form asks for that value under another name.
    shown_at: dict[str, str] = {}

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


def expect_range(field: forms.Field, low: int, high: int, sentence: str) -> None:
    """Answers whatever is no whole number from `low` to `high` with one sentence."""
    field.error_messages |= {"invalid": sentence, "required": sentence}
    field.validators = [MinValueValidator(low, sentence), MaxValueValidator(high, sentence)]
    field.widget.attrs |= {"min": low, "max": high, "step": 1, "inputmode": "numeric"}


def set_choices(field: forms.Field, choices: list[Any]) -> None:
    """Fills a drop-down."""
    cast(forms.ChoiceField, field).choices = choices
