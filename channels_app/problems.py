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
    Problem.EXPIRED: gettext_lazy("its certificate has expired"),
    Problem.NOT_YET_VALID: gettext_lazy("its certificate is not valid yet"),
    Problem.OTHER_NAME: gettext_lazy("the certificate there is for another name"),
    Problem.SELF_SIGNED: gettext_lazy(
        "the certificate there is self-signed, not issued by a known authority"
    ),
    Problem.UNKNOWN_AUTHORITY: gettext_lazy("the certificate there is not issued by a known authority"),
}

_NOT_BACK_IN = gettext_lazy(
    "Many routers don't loop connections from inside back in, so this may affect only this "
    "test. If the ITSP's messages don't come in either: is the server switched on, and does "
    "the router forward this port to it?"
)
_MAYBE_THE_ROUTER = gettext_lazy(
    "If it is your router that answers, it does not loop connections from inside back in: "
    "then only a message from the ITSP shows whether the domain works."
)
_ADVICE = {
    Problem.UNKNOWN_NAME: gettext_lazy(
        "Check the domain for typos, and add a DNS record (type A or AAAA) with your "
        "server's public address where your domain is managed. A new record may take an hour to "
        "be visible."
    ),
    Problem.NO_LOOKUP: gettext_lazy("Try again in a few minutes: this machine's name server did not answer."),
    Problem.REFUSED: _NOT_BACK_IN,
    Problem.NO_CONNECTION: _NOT_BACK_IN,
    Problem.NO_TLS: gettext_lazy(
        "Set up https with a certificate on the proxy in front of Trunkline, or correct the domain's port."
    ),
    Problem.EXPIRED: gettext_lazy(
        "Renew the certificate on the proxy in front of Trunkline, and have the proxy load it."
    ),
    Problem.NOT_YET_VALID: gettext_lazy(
        "Check this machine's clock and the day the certificate becomes valid."
    ),
    Problem.OTHER_NAME: gettext_lazy(
        "Get a certificate for exactly this name and install it on the proxy in front of Trunkline."
    ),
    Problem.SELF_SIGNED: gettext_lazy(
        "Get a certificate from a known authority, for example Let's Encrypt, and install it on "
        "the proxy in front of Trunkline."
    ),
    Problem.UNKNOWN_AUTHORITY: gettext_lazy(
        "Have the proxy send the certificate with its whole chain (the file is often named "
        "fullchain), or get one from a known authority, for example Let's Encrypt."
    ),
}


def reason(problem: Problem, detail: str = "") -> str:
    """What is wrong, to be read after a colon: *its certificate has expired*."""
    words = str(_REASONS[problem])
    return _("%(reason)s (%(detail)s)") % {"reason": words, "detail": detail} if detail else words


def advice(problem: Problem) -> str:
    """What to do, in whole sentences."""
    words = str(_ADVICE[problem])
    if problem in (Problem.OTHER_NAME, Problem.SELF_SIGNED, Problem.NO_TLS):
        return f"{words} {_MAYBE_THE_ROUTER}"
    return words
