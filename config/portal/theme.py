"""How the portal looks, and what its sidebar offers each role."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _

SHADES = ("50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950")


def icon(request: HttpRequest) -> str:
    return static("trunkline/icon.svg")


def static_file(name: str) -> Any:
    return lambda request: static(name)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar, in the order of a PBX, without what this login may not see."""
    groups: list[tuple[str, list[dict[str, Any] | None]]] = [
        (
            "",
            [
                _item(_("Overview"), "dashboard", "admin:index"),
                *([_item(_("Inbox"), "inbox", "inbox")] if has_inbox(request) else []),
            ],
        ),
        (
            _("Messaging"),
            [
                _models(request, _("Channels"), "cell_tower", "channels_app", "channel"),
                _models(request, _("Message queues"), "groups", "channels_app", "messagequeue"),
                _models(request, _("Sessions"), "forum", "messaging", "session"),
                _unroutable(request),
                _models(request, _("Contacts"), "contacts", "messaging", "contact"),
            ],
        ),
        (
            _("Users"),
            [
                _models(request, _("Extensions"), "dialpad", "channels_app", "extension"),
                _models(request, _("Logins"), "key", "channels_app", "user"),
            ],
        ),
        (
            _("System"),
            [
                *(
                    [_item(_("Set-up"), "checklist", "admin:set_up")]
                    if getattr(request.user, "is_administrator", False)
                    else []
                ),
                _models(request, _("Domains"), "language", "channels_app", "domain"),
                _models(request, _("Webhook log"), "receipt_long", "messaging", "webhooklogentry"),
                _models(request, _("Exports"), "download", "messaging", "export"),
                _models(request, _("Changes"), "history", "messaging", "change"),
            ],
        ),
    ]
    shown: list[tuple[str, list[dict[str, Any]]]] = [
        (title, [item for item in items if item]) for title, items in groups
    ]
    return [
        {"title": title, "separator": bool(title), "items": items, "collapsible": False, "badge": None}
        for title, items in shown
        if items
    ]


def _item(title: str, icon_name: str, address: str) -> dict[str, Any]:
    # Empty values included: a template takes longest over what is missing.
    return {"title": title, "icon": icon_name, "link": reverse(address), "badge": None, "link_callback": None}


def _models(request: HttpRequest, title: str, icon_name: str, app: str, model: str) -> dict[str, Any] | None:
    if not request.user.has_perm(f"{app}.view_{model}"):
        return None
    return _item(title, icon_name, f"admin:{app}_{model}_changelist")


def _unroutable(request: HttpRequest) -> dict[str, Any] | None:
    from messaging.models import UnroutableMessage  # settings are read before there are models

    item = _models(request, _("Unroutable messages"), "wrong_location", "messaging", "unroutablemessage")
    waiting = UnroutableMessage.objects.filter(resolution=UnroutableMessage.Resolution.WAITING)
    if item and (number := waiting[:100].count()):
        item |= {"badge": number if number < 100 else "99+", "badge_variant": "danger"}
    return item


def has_inbox(request: HttpRequest) -> bool:
    """Whether the person has an inbox; asked for once a request."""
    from messaging.models.person import Person

    if not hasattr(request, "has_inbox"):
        request.has_inbox = (  # type: ignore[attr-defined]
            request.user.is_authenticated and Person.of(request.user).extension is not None
        )
    return bool(request.has_inbox)  # type: ignore[attr-defined]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Trunkline",
    "SITE_HEADER": "Trunkline",
    "SITE_URL": None,
    "SITE_ICON": icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": [
        static_file("trunkline/tokens.css"),
        static_file("portal/page.css"),
        static_file("portal/buttons.css"),
        static_file("portal/overview.css"),
        static_file("portal/channel.css"),
        static_file("portal/conversation.css"),
        static_file("portal/lists.css"),
    ],
    # The inbox has the same: static/trunkline/tokens.css says what they are.
    "COLORS": {
        "base": {shade: f"var(--tl-base-{shade})" for shade in SHADES},
        "primary": {shade: f"var(--tl-primary-{shade})" for shade in SHADES},
    },
    "DASHBOARD_CALLBACK": "config.portal.dashboard.first_page",
    "SIDEBAR": {"show_search": False, "navigation": "config.portal.theme.navigation"},
    "ACCOUNT": {
        "navigation": [
            {"title": lambda request: _("Change password"), "link": reverse_lazy("change-password")}
        ],
    },
}
