"""Django's and Unfold's classes as they run, with the types that Django's stubs give them.

Unfold has no types of its own, and Django's classes take no type arguments at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.forms import BaseInlineFormSet as InlineFormSet
    from django.forms import ModelChoiceField, ModelForm, PasswordInput, Select
    from django.forms import Textarea as TextArea
else:
    from django import forms
    from unfold import admin as unfold_admin
    from unfold.forms import PaginationInlineFormSet
    from unfold.widgets import UnfoldAdminExpandableTextareaWidget as TextArea
    from unfold.widgets import UnfoldAdminPasswordWidget as PasswordInput
    from unfold.widgets import UnfoldAdminSelectWidget as Select

    class Subscriptable:
        def __class_getitem__(cls, _arguments):
            return cls

    class ModelAdmin(Subscriptable, unfold_admin.ModelAdmin):
        pass

    class TabularInline(Subscriptable, unfold_admin.TabularInline):
        pass

    class InlineFormSet(Subscriptable, PaginationInlineFormSet):
        pass

    class ModelChoiceField(Subscriptable, forms.ModelChoiceField):
        pass

    class ModelForm(Subscriptable, forms.ModelForm):
        pass


__all__ = [
    "InlineFormSet",
    "ModelAdmin",
    "ModelChoiceField",
    "ModelForm",
    "PasswordInput",
    "Select",
    "TabularInline",
    "TextArea",
]
