"""Setting up: what to do, in which order, and what is already done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin
from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from channels_app.models import Channel, Domain, Extension, MessageQueue, RoutingRule, User
from messaging.models import TrafficCount, UnroutableMessage

HIDDEN = "trunkline_set_up"  # a cookie: hidden in this browser only
COMPLETE = "set_up_complete"  # in the browser session; the first page and the page of steps look again
A_YEAR = 365 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    done: bool
    title: str
    why: str
    how: str
    address: str

    @property
    def page(self) -> str:
        """Its page, whatever tab of it."""
        return self.address.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Guidance:
    steps: list[Step]

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.done), None)

    @property
    def is_complete(self) -> bool:
        return self.next is None


def for_pages(request: HttpRequest) -> Any:
    """The guidance, read only where a page shows it; none for people who can't set up, or once all is done."""

    def read() -> Guidance | None:
        if not getattr(request.user, "is_administrator", False) or COMPLETE in request.session:
            return None
        return guidance(request)

    return SimpleLazyObject(read)


def shown_on_first_page(request: HttpRequest) -> Guidance | None:
    """The guidance; once complete, only until somebody hides it."""
    if not getattr(request.user, "is_administrator", False):
        return None
    found = guidance(request)
    return None if found.is_complete and bool(request.COOKIES.get(HIDDEN)) else found


def page(request: HttpRequest) -> HttpResponse:
    """GET: all steps. POST: hides them on the first page, or shows them there again."""
    if request.method == "POST":
        response = HttpResponseRedirect(reverse("admin:index"))
        if "hide" in request.POST:
            response.set_cookie(HIDDEN, "hidden", max_age=A_YEAR, httponly=True, samesite="Lax")
        else:
            response.delete_cookie(HIDDEN)
        return response
    context = {
        **admin.site.each_context(request),
        "title": _("Set-up"),
        "guidance": guidance(request),
        "is_hidden": bool(request.COOKIES.get(HIDDEN)),
    }
    return TemplateResponse(request, "portal/set_up/page.html", context)


def guidance(request: HttpRequest) -> Guidance:
    """All steps, by one query; the browser session remembers whether all are done."""
    rows = _rows(_facts(cast(User, request.user)))
    found = Guidance([Step(number, bool(done), *words) for number, (done, *words) in enumerate(rows, 1)])
    if found.is_complete and COMPLETE not in request.session:
        request.session[COMPLETE] = True
    elif not found.is_complete:
        request.session.pop(COMPLETE, None)
    return found


def _rows(facts: dict[str, Any]) -> list[tuple[Any, str, str, str, str]]:
    """Each step: whether it is done, its title, why, how, and where to do it."""
    to_queue = _page("messagequeue", facts["empty_queue"] or facts["queue"])
    agents_in_queue = facts["any_extension"] and facts["queue"]
    return [
        (
            facts["domain"],
            _("Add your domain"),
            _("The host name at which your ITSP and the internet reach this portal."),
            _("Enter the host name, for example sms.example.com, and save."),
            _page("domain"),
        ),
        (
            facts["channel"],
            _("Add an SMS channel"),
            _("Your account with the ITSP."),
            _("Choose your ITSP, give the channel a name, enter the credentials of your account, and save."),
            _page("channel"),
        ),
        (
            facts["number"],
            _("Add your number"),
            _("And choose who receives its messages: a team (a message queue) or one person."),
            _("On the Messaging Setting tab, add a number, choose who receives its messages, and save."),
            _page("channel", facts["channel"], "?tab=messaging-setting"),
        ),
        (
            facts["queue"] or facts["person"],
            _("Add a message queue"),
            _("The sessions of a number can go to a whole team."),
            _("Give the queue a name, choose how its agents share sessions, and save."),
            to_queue,
        ),
        (
            facts["agents"] or facts["person"],
            _("Add agents to the queue"),
            _("Each person who reads and answers messages needs an extension.")
            if not agents_in_queue
            else _("Only members of the queue receive its sessions."),
            _("Choose the queue's agents, and save.")
            if agents_in_queue
            else _("Enter a number and a name and save; then give the person the sign-in link you see."),
            to_queue if agents_in_queue else _page("extension"),
        ),
        (
            facts["reached"],
            _("Test that messages come in"),
            _("Your ITSP has to know where to deliver messages."),
            _(
                "Press Test the webhook. Then copy the Webhook URL and enter it in your account with "
                "the ITSP as the address for incoming SMS."
            ),
            _page("channel", facts["channel"], "?tab=authentication"),
        ),
        (
            facts["answered"],
            _("Answer the first message"),
            _("A member of the queue picks it up in the inbox and answers."),
            _(
                "Send a text from a mobile phone to your number. An agent signs in with the link you "
                "gave them; the message is under Queue."
            ),
            reverse("inbox") if facts["own_extension"] else reverse("admin:messaging_session_changelist"),
        ),
    ]


def _page(model: str, pk: int | None = None, query: str = "") -> str:
    """The page of this one, `query` says on which tab; without one, where it is added."""
    if pk is None:
        return reverse(f"admin:channels_app_{model}_add")
    return reverse(f"admin:channels_app_{model}_change", args=[pk]) + query


def _facts(user: User) -> dict[str, Any]:
    empty = MessageQueue.objects.filter(agents=None).order_by("pk")
    came_in = Exists(TrafficCount.objects.filter(received__gt=0)) | Exists(UnroutableMessage.objects.all())
    tested = Exists(Channel.objects.exclude(webhook_tested_at=None))
    facts = User.objects.filter(pk=user.pk).values(
        domain=Exists(Domain.objects.all()),
        channel=Subquery(Channel.objects.order_by("pk").values("pk")[:1]),
        number=Exists(RoutingRule.objects.all()),
        queue=Subquery(MessageQueue.objects.order_by("pk").values("pk")[:1]),
        empty_queue=Subquery(empty.values("pk")[:1]),
        any_extension=Exists(Extension.objects.all()),
        own_extension=Exists(Extension.objects.filter(user=OuterRef("pk"))),
        person=Exists(RoutingRule.objects.filter(destination_extension__isnull=False)),
        agents=Exists(MessageQueue.objects.filter(agents__isnull=False)),
        reached=came_in | tested,
        answered=Exists(TrafficCount.objects.filter(sent__gt=0)),
    )
    return dict(facts.get())
