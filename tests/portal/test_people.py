"""Extensions and logins: made with a one-time link, kept from locking everybody out."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session as LoginSession
from django.test import Client

from channels_app.models import Extension, MessageQueue, Role, RoutingRule, SignInLink, User
from tests.portal.conftest import errors_of, page_of

EXTENSIONS = "/portal/channels_app/extension/"
LOGINS = "/portal/channels_app/user/"


def new_extension(**values: str) -> dict[str, str]:
    return {"number": "1001", "name": "Anna Smith", "login": "", "username": "", "role": "agent"} | values


def link_in(response: Any) -> str:
    found = re.search(r'value="(http://localhost/welcome/[^"]+)"', response.content.decode())
    assert found, "no link on the page"
    return html.unescape(found[1])


def test_a_new_extension_gets_a_login_named_after_it(administrator_client: Client) -> None:
    administrator_client.post(f"{EXTENSIONS}add/", new_extension())
    user = Extension.objects.get().user
    assert (user.username, user.role, user.has_usable_password()) == ("1001", Role.AGENT, False)


def test_a_new_extension_shows_its_sign_in_link_once(administrator_client: Client) -> None:
    response = administrator_client.post(f"{EXTENSIONS}add/", new_extension())
    link = link_in(response)
    token = link.removesuffix("/").rsplit("/", 1)[-1]
    found = SignInLink.find(token)
    assert found is not None
    assert found.user.username == "1001"
    assert "no-store" in response.headers["Cache-Control"]
    extension = Extension.objects.get()
    for address in (
        EXTENSIONS,
        f"{EXTENSIONS}{extension.pk}/change/",
        f"{EXTENSIONS}{extension.pk}/history/",
    ):
        assert token not in administrator_client.get(address).content.decode()
    assert all(token not in entry.change_message for entry in LogEntry.objects.all())
    assert all(token not in str(session.get_decoded()) for session in LoginSession.objects.all())
    assert all(token not in cookie.value for cookie in administrator_client.cookies.values())


def test_login_name_and_role_can_be_chosen(administrator_client: Client) -> None:
    administrator_client.post(f"{EXTENSIONS}add/", new_extension(username="anna", role="supervisor"))
    user = Extension.objects.get().user
    assert (user.username, user.role) == ("anna", Role.SUPERVISOR)


def test_a_login_without_extension_can_get_one(administrator_client: Client, administrator: User) -> None:
    response = administrator_client.post(f"{EXTENSIONS}add/", new_extension(login=str(administrator.pk)))
    assert response.status_code == 302, "no link: this login has a password"
    assert Extension.objects.get().user == administrator
    assert "/inbox/" in administrator_client.get("/portal/").content.decode()


@pytest.mark.parametrize("number", ["1", "12345678", "12a", "+12", "１２", "", " "])
def test_an_extension_has_2_to_7_digits(administrator_client: Client, number: str) -> None:
    errors = errors_of(administrator_client.post(f"{EXTENSIONS}add/", new_extension(number=number)))
    assert errors["number"][0] in (
        "An extension has 2 to 7 digits, for example 1001",
        "Ensure this value has at most 7 characters (it has 8).",
    )
    assert not User.objects.filter(role=Role.AGENT).exists(), "half a write"


def test_an_extension_number_is_there_once(administrator_client: Client, anna: Extension) -> None:
    errors = errors_of(administrator_client.post(f"{EXTENSIONS}add/", new_extension(username="other")))
    assert errors == {"number": ["This extension number is taken."]}


def test_a_login_name_that_is_taken_is_refused(administrator_client: Client) -> None:
    errors = errors_of(administrator_client.post(f"{EXTENSIONS}add/", new_extension(username="admin")))
    assert errors == {"username": ["The login name “admin” is taken. Enter another, for example admin-2"]}


@pytest.mark.parametrize("address", [EXTENSIONS, LOGINS])
def test_a_login_name_with_other_signs_is_refused_in_the_words_of_its_field(
    administrator_client: Client, address: str
) -> None:
    response = administrator_client.post(f"{address}add/", new_extension(username="anna smith"))
    assert errors_of(response) == {
        "username": [
            "A login name can have letters, digits and the characters @ . + - _ only, for example anna.smith"
        ]
    }


def test_a_role_that_does_not_exist_is_refused(administrator_client: Client) -> None:
    errors = errors_of(administrator_client.post(f"{EXTENSIONS}add/", new_extension(role="owner")))
    assert list(errors) == ["role"]


@pytest.mark.parametrize("whose", ["extension", "user"])
def test_an_administrator_can_make_a_new_link(
    administrator_client: Client, anna: Extension, whose: str
) -> None:
    old = SignInLink.issue(anna.user)
    pk = anna.pk if whose == "extension" else anna.user_id
    address = f"/portal/channels_app/{whose}/{pk}/sign-in-link/"
    assert administrator_client.get(address).status_code == 302
    assert SignInLink.find(old), "a GET changed it"
    link_in(administrator_client.post(address))
    assert SignInLink.find(old) is None


def test_an_extension_with_a_number_is_not_deleted(
    administrator_client: Client, anna_rule: RoutingRule
) -> None:
    extension = anna_rule.destination_extension
    assert extension
    response = administrator_client.post(f"{EXTENSIONS}{extension.pk}/delete/", {"post": "yes"})
    assert f"{anna_rule.number} goes to extension 1001 Anna." in response.content.decode()
    assert f"{page_of(anna_rule.channel)}?tab=messaging-setting" in response.content.decode()
    form = {"action": "delete_selected", "_selected_action": extension.pk, "post": "yes"}
    assert anna_rule.number in administrator_client.post(EXTENSIONS, form).content.decode()
    assert Extension.objects.filter(pk=extension.pk).exists()


@pytest.mark.parametrize("many", [False, True])
def test_deleting_an_extension_ends_its_agents_login(
    administrator_client: Client, queue: MessageQueue, anna: Extension, many: bool
) -> None:
    if many:
        form = {"action": "delete_selected", "_selected_action": anna.pk, "post": "yes"}
        administrator_client.post(EXTENSIONS, form)
    else:
        administrator_client.post(f"{EXTENSIONS}{anna.pk}/delete/", {"post": "yes"})
    assert not Extension.objects.filter(pk=anna.pk).exists()
    assert not User.objects.filter(pk=anna.user_id).exists()


def test_a_login_that_the_history_names_is_switched_off_instead(
    administrator_client: Client, anna: Extension
) -> None:
    LogEntry.objects.create(user=anna.user, action_flag=2)
    administrator_client.post(f"{EXTENSIONS}{anna.pk}/delete/", {"post": "yes"})
    anna.user.refresh_from_db()
    assert not anna.user.is_active


def test_deleting_an_administrators_extension_keeps_the_login(
    administrator_client: Client, administrator: User
) -> None:
    seat = Extension.objects.create(number="1009", name="Boss", user=administrator)
    administrator_client.post(f"{EXTENSIONS}{seat.pk}/delete/", {"post": "yes"})
    administrator.refresh_from_db()
    assert administrator.is_administrator


# -- Logins ----------------------------------------------------------------------------------------------------------


def test_a_new_login_gets_a_link_too(administrator_client: Client) -> None:
    form = {"username": "vera", "role": "supervisor", "is_active": "on"}
    link_in(administrator_client.post(f"{LOGINS}add/", form))
    assert not User.objects.get(username="vera").has_usable_password()


@pytest.mark.parametrize(
    ("values", "field"),
    [({"role": "agent", "is_active": "on"}, "role"), ({"role": "administrator"}, "is_active")],
)
def test_nobody_takes_their_own_rights_away(
    administrator_client: Client, administrator: User, values: dict[str, str], field: str
) -> None:
    User.objects.create_superuser("second")
    form = {"username": "admin", **values}
    errors = errors_of(administrator_client.post(f"{LOGINS}{administrator.pk}/change/", form))
    assert errors == {field: ["You can't remove your own permissions: ask another administrator."]}
    administrator.refresh_from_db()
    assert administrator.is_administrator


def test_another_administrator_can_be_demoted(administrator_client: Client) -> None:
    other = User.objects.create_superuser("second")
    form = {"username": "second", "role": "agent", "is_active": "on"}
    assert administrator_client.post(f"{LOGINS}{other.pk}/change/", form).status_code == 302
    other.refresh_from_db()
    assert other.role == Role.AGENT


def test_nobody_deletes_their_own_login(administrator_client: Client, administrator: User) -> None:
    response = administrator_client.post(f"{LOGINS}{administrator.pk}/delete/", {"post": "yes"})
    assert "is your own login" in response.content.decode()
    form = {"action": "delete_selected", "_selected_action": administrator.pk, "post": "yes"}
    assert "is your own login" in administrator_client.post(LOGINS, form).content.decode()
    assert User.objects.filter(pk=administrator.pk).exists()


def test_the_login_of_an_extension_is_not_deleted(administrator_client: Client, anna: Extension) -> None:
    response = administrator_client.post(f"{LOGINS}{anna.user_id}/delete/", {"post": "yes"})
    assert "delete the extension first" in response.content.decode()
    assert f'href="{EXTENSIONS}{anna.pk}/change/">Extension “1001 Anna”<' in response.content.decode()
    assert User.objects.filter(pk=anna.user_id).exists()


def test_a_locked_login_shows_and_can_be_unlocked(administrator_client: Client, anna: Extension) -> None:
    AccessAttempt.objects.create(
        username="1001", ip_address="192.0.2.1", failures_since_start=5, user_agent="x"
    )
    assert "Locked" in administrator_client.get(LOGINS).content.decode()
    page = administrator_client.get(f"{LOGINS}{anna.user_id}/change/").content.decode()
    assert "after too many wrong passwords" in page
    administrator_client.post(f"{LOGINS}{anna.user_id}/unlock/")
    assert not AccessAttempt.objects.exists()
    assert "too many wrong passwords" not in administrator_client.get(LOGINS).content.decode()


def test_several_locked_logins_can_be_unlocked(
    administrator_client: Client, anna: Extension, ben: Extension
) -> None:
    for name in ("1001", "1002"):
        AccessAttempt.objects.create(username=name, ip_address="192.0.2.1", failures_since_start=9)
    form = {"action": "unlock_selected", "_selected_action": [anna.user_id, ben.user_id], "index": 0}
    administrator_client.post(LOGINS, form)
    assert not AccessAttempt.objects.exists()
