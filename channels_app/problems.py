"""What is wrong with a domain, and what to do about it, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.reachability import Problem

_REASONS = {
    Problem.UNKNOWN_NAME: gettext_lazy("the name is not known on the internet"),
    Problem.NO_LOOKUP: gettext_lazy("the name could not be looked up"),
    Problem.REFUSED: gettext_lazy("the connection was refused"),
    Problem.NO_CONNECTION: gettext_lazy("nothing answered in time"),
    Problem.NO_TLS: gettext_lazy("what answers there does not speak https"),
    Problem.EXPIRED: gettext_lazy("its certificate has ended"),
    Problem.NOT_YET_VALID: gettext_lazy("its certificate is not valid yet"),
    Problem.OTHER_NAME: gettext_lazy("the certificate there is for another name"),
    Problem.SELF_SIGNED: gettext_lazy(
        "the certificate there is self-made, and no known authority vouches for it"
    ),
    Problem.UNKNOWN_AUTHORITY: gettext_lazy("no known authority vouches for the certificate there"),
}

_NOT_BACK_IN = gettext_lazy(
    "Many routers don't lead a connection from inside back in, so this may concern this test alone. If the ITSP's "
    "messages don't come in either: is the server switched on, and does the router forward this port to it?"
)
_MAYBE_THE_ROUTER = gettext_lazy(
    "If it is your router that answers, it does not lead a connection from inside back in: then only a message from "
    "the ITSP shows whether the domain works."
)
_ADVICE = {
    Problem.UNKNOWN_NAME: gettext_lazy(
        "Look for a typing error in the domain, and enter the name with your server's public address where your "
        "domain is managed (a DNS record of type A or AAAA). A new entry may take an hour to be known."
    ),
    Problem.NO_LOOKUP: gettext_lazy(
        "Try again in some minutes: the name server that this machine asks did not answer."
    ),
    Problem.REFUSED: _NOT_BACK_IN,
    Problem.NO_CONNECTION: _NOT_BACK_IN,
    Problem.NO_TLS: gettext_lazy(
        "Set up https with a certificate at the proxy before Trunkline, or correct the domain's port."
    ),
    Problem.EXPIRED: gettext_lazy(
        "Renew the certificate at the proxy before Trunkline, and let the proxy load it."
    ),
    Problem.NOT_YET_VALID: gettext_lazy("Check the clock of this machine, and the certificate's first day."),
    Problem.OTHER_NAME: gettext_lazy(
        "Get a certificate for this very name, and set it at the proxy before Trunkline."
    ),
    Problem.SELF_SIGNED: gettext_lazy(
        "Get a certificate from a known authority, Let's Encrypt for example, and set it at the proxy before Trunkline."
    ),
    Problem.UNKNOWN_AUTHORITY: gettext_lazy(
        "Let the proxy send the certificate with its whole chain (the file is often named fullchain), or get one from "
        "a known authority, Let's Encrypt for example."
    ),
}


def reason(problem: Problem, detail: str = "") -> str:
    """What is wrong, to be read after a colon: *its certificate has ended*."""
    words = str(_REASONS[problem])
    return _("%(reason)s (%(detail)s)") % {"reason": words, "detail": detail} if detail else words


def advice(problem: Problem) -> str:
    """What to do, in whole sentences."""
    words = str(_ADVICE[problem])
    if problem in (Problem.OTHER_NAME, Problem.SELF_SIGNED, Problem.NO_TLS):
        return f"{words} {_MAYBE_THE_ROUTER}"
    return words
