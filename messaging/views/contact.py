"""The window in which a customer gets a name."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from channels_app.phone_numbers import pretty_number
from messaging.inbox.conversation import visible_session
from messaging.models import Contact, Session
from messaging.models.person import Person
from messaging.sessions import contacts
from messaging.views import pages, request_values
from messaging.views.entry import for_person


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Contact
        fields = ["name", "company", "note"]
        widgets = {"name": forms.TextInput({"autofocus": True}), "note": forms.Textarea({"rows": 4})}


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def contact(request: HttpRequest, person: Person, session_id: int) -> HttpResponse:
    """The form, and what it does; then the session again."""
    session = visible_session(person, session_id)
    if request.method != "POST":
        known = Contact.objects.filter(customer_number=session.customer_number).first()
        return _show(request, session, ContactForm(instance=known))
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _show(request, session, form)
    contacts.write_down(person, session_id, **form.cleaned_data)
    address = pages.address(session_id, request_values.tab(request))
    return HttpResponseClientRedirect(address) if request_values.is_part(request) else redirect(address)


def _show(request: HttpRequest, session: Session, form: ContactForm) -> HttpResponse:
    context = {
        "form": form,
        "session": session,
        "number": pretty_number(session.customer_number),
        "tab": request_values.tab(request),
    }
    status = 422 if form.is_bound else 200
    if request_values.is_part(request):
        shown = render(request, "inbox/dialogs/_contact.html", context, status=status)
        return pages.aimed(shown, "#dialog", "innerHTML")
    return render(request, "inbox/dialogs/contact.html", context, status=status)
