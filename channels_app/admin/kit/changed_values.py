"""The values that a form changed, in the words of the page. A secret's value is never among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.forms.utils import pretty_name
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from channels_app.changes import ADDED, CHANGED, DELETED, Line, Part, Value

LONGEST = 300  # characters of one value
_LOGIN_IN_ADDRESS = re.compile(r"//[^/@\s]+@")


def part_of_form(form: Any, *, added: bool, unasked: Iterable[str] = ()) -> Iterator[Part]:
    """What the saved `form` changed; for an added object, all its values. `unasked`: fields set without the form."""
    if not added:
        lines = list(_changed(form))
        if lines:
            yield Part(CHANGED, lines)
        return
    lines = [*_all(form), *(model_line(form.instance, name) for name in unasked)]
    yield Part(ADDED, [line for line in lines if line.is_secret or line.after])


def parts_of_formset(formset: Any) -> Iterator[Part]:
    """What happened to the rows of a form."""
    new = {id(each) for each in formset.new_objects}
    changed = {id(each) for each, _names in formset.changed_objects}
    kind = str(formset.model._meta.verbose_name)
    for form in formset.forms:
        row = str(form.instance)
        if form in formset.deleted_forms:
            if form.initial:  # otherwise it was never saved
                yield Part(DELETED, list(_before(form)), kind, row)
        elif id(form.instance) in new:
            yield Part(ADDED, [line for line in _all(form) if line.after], kind, row)
        elif id(form.instance) in changed and (lines := list(_changed(form))):
            yield Part(CHANGED, lines, kind, row)


def model_line(obj: Model, name: str) -> Line:
    """A field's current value, as a line."""
    model_field = obj._meta.get_field(name)
    return Line(str(capfirst(getattr(model_field, "verbose_name", name))), "", _stored(obj, model_field))


def gone(lines: Iterable[Line]) -> list[Line]:
    """The same values as those of a deleted object."""
    return [Line(line.label, line.after) for line in lines if line.after]


def _changed(form: Any) -> Iterator[Line]:
    for name in form.changed_data:
        line = _line(form, name)
        if line.is_secret or line.before != line.after:
            yield line


def _all(form: Any) -> Iterator[Line]:
    for name in _names(form):
        line = _line(form, name)
        if not line.is_secret or form.cleaned_data.get(name):
            yield Line(line.label, "", line.after, line.is_secret)


def _before(form: Any) -> Iterator[Line]:
    return (Line(_label(form, name), _initial(form, name)) for name in _names(form) if _initial(form, name))


def _names(form: Any) -> list[str]:
    """The fields' names, without those that only identify the rows of a formset."""
    return [name for name, field in form.fields.items() if name != "DELETE" and not field.widget.is_hidden]


def _label(form: Any, name: str) -> str:
    return str(form.fields[name].label or pretty_name(name))


def _line(form: Any, name: str) -> Line:
    if isinstance(form.fields[name].widget, forms.PasswordInput):
        return Line(_label(form, name), is_secret=True)
    return Line(_label(form, name), _initial(form, name), _now(form, name))


def _model_field(form: Any, name: str) -> Any:
    try:
        return form.instance._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _now(form: Any, name: str) -> Value:
    model_field = _model_field(form, name)
    if model_field is None:
        return _asked(form.fields[name], form.cleaned_data.get(name))
    if model_field.many_to_many:
        return sorted(map(str, form.cleaned_data.get(name, ())))
    return _stored(form.instance, model_field)


def _initial(form: Any, name: str) -> Value:
    model_field, value = _model_field(form, name), form.initial.get(name)
    if model_field is None:
        return _asked(form.fields[name], value)
    if model_field.many_to_many:
        return sorted(map(str, value or ()))
    if model_field.is_relation and value is not None:
        value = model_field.related_model._default_manager.filter(pk=value).first() or value
    return _shown(model_field, value)


def _stored(obj: Model, model_field: Any) -> Value:
    if model_field.many_to_many:
        return sorted(map(str, getattr(obj, model_field.name).all()))
    return _shown(model_field, getattr(obj, model_field.name))


def _shown(model_field: Field[Any, Any], value: Any) -> str:
    return _in_words(dict(model_field.flatchoices).get(value, value))


def _asked(field: forms.Field, value: Any) -> str:
    # The labels of a choice may show addresses with tokens: the objects' own names say enough.
    if isinstance(field, forms.ModelChoiceField) or not isinstance(field, forms.ChoiceField):
        return _in_words(value)
    flat: dict[Any, Any] = {}
    for key, label in cast(Iterable[Any], field.choices):
        flat |= dict(label) if isinstance(label, list | tuple) else {key: label}
    return _in_words(flat.get(value, value)) if value else ""


def _in_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    text = _LOGIN_IN_ADDRESS.sub("//…@", str(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
