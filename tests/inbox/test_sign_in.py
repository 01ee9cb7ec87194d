"""One sign-in page for everybody, and the link that hands a login over."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models import SignInLink

PASSWORD = "secret words 123"
NEW = "zebra crossing 77"


def sign_in(client: Client, name: str, password: str = PASSWORD, to: str = ""):
    return client.post(reverse("sign-in"), {"username": name, "password": password, "next": to}, follow=True)


def test_agents_land_in_the_inbox(anna, client):
    assert sign_in(client, "1001").redirect_chain[-1][0] == reverse("inbox")


@pytest.mark.parametrize("person", ["administrator", "supervisor"])
def test_administrators_and_supervisors_land_in_the_portal(person, request, client):
    user = request.getfixturevalue(person)
    assert sign_in(client, user.username).redirect_chain[-1][0] == reverse("admin:index")


def test_one_goes_on_where_one_wanted_to_go(anna, client):
    wanted = reverse("inbox") + "?tab=closed"
    asked = client.get(wanted)
    assert asked["Location"] == f"{reverse('sign-in')}?next=/inbox/%3Ftab%3Dclosed"
    assert sign_in(client, "1001", to=wanted).redirect_chain[-1][0] == wanted


def test_a_name_longer_than_any_login_has_is_refused_like_a_wrong_one(anna, client):
    headers = {"User-Agent": "x" * 5000, "Accept": "x" * 5000}
    for name in ("1002", "x" * 151, "x" * 5000):
        answer = client.post(reverse("sign-in"), {"username": name, "password": PASSWORD}, headers=headers)
        assert answer.status_code == 200
        assert "The login name or password is wrong" in answer.content.decode()


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_never_to_another_host(elsewhere, anna, client):
    assert sign_in(client, "1001", to=elsewhere).redirect_chain[-1][0] == reverse("inbox")


def test_an_agent_can_not_open_the_portal_and_is_not_sent_in_circles(anna, browser_of):
    client = browser_of(anna)
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.request["PATH_INFO"] == reverse("inbox") or answer.status_code in (403, 404)
    assert client.get(reverse("sign-in"), {"next": reverse("admin:index")}, follow=True).status_code == 200


def test_who_is_signed_in_is_sent_on(anna, browser_of):
    answer = browser_of(anna).get(reverse("sign-in"), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("inbox")


def test_a_wrong_password_is_said_clearly(anna, client):
    page = sign_in(client, "1001", "wrong").content.decode()
    assert "The login name or password is wrong." in page
    assert 'value="1001"' in page


def test_five_wrong_passwords_lock_and_the_page_says_how_long(anna, client):
    answers = [sign_in(client, "1001", "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert "locked for 15 minutes" in " ".join(answers[-1].content.decode().split())
    assert sign_in(client, "1001").status_code == 429


def test_a_login_that_is_switched_off_can_not_sign_in(anna, client):
    anna.user.is_active = False
    anna.user.save()
    assert sign_in(client, "1001").redirect_chain == []


def test_opening_a_sign_in_link_uses_nothing_up(anna, client):
    address = reverse("welcome", args=[SignInLink.issue(anna.user)])
    for _ in range(2):
        page = client.get(address)
        assert page.status_code == 200
        assert 'value="1001"' in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        assert page["Referrer-Policy"] == "strict-origin"
    assert SignInLink.objects.exists()


def test_a_sign_in_link_works_once(anna, client):
    address = reverse("welcome", args=[SignInLink.issue(anna.user)])
    answer = client.post(address, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("inbox")
    assert answer.context["user"] == anna.user
    other = Client()
    for again in (other.get(address), other.post(address, {"new_password1": NEW, "new_password2": NEW})):
        assert again.status_code == 410
        assert "This link no longer works" in again.content.decode()
    assert sign_in(other, "1001", NEW).redirect_chain[-1][0] == reverse("inbox")


@pytest.mark.parametrize(
    ("first", "second"), [("short", "short"), (NEW, "another one 99"), ("", ""), ("1" * 12, "1" * 12)]
)
def test_a_refused_password_uses_nothing_up(first, second, anna, client):
    address = reverse("welcome", args=[SignInLink.issue(anna.user)])
    answer = client.post(address, {"new_password1": first, "new_password2": second})
    assert answer.status_code == 422
    assert SignInLink.objects.exists()


@pytest.mark.parametrize("how", ["never made", "ended", "replaced", "switched off"])
def test_a_link_that_has_ended_says_what_to_do(how, anna, client):
    token = SignInLink.issue(anna.user)
    if how == "never made":
        token = "x" * 43
    elif how == "ended":
        SignInLink.objects.update(ends_at=timezone.now() - dt.timedelta(seconds=1))
    elif how == "replaced":
        SignInLink.issue(anna.user)
    else:
        anna.user.is_active = False
        anna.user.save()
    answer = client.get(reverse("welcome", args=[token]))
    assert answer.status_code == 410
    assert "administrator for a new link" in answer.content.decode()


def test_people_change_their_own_password(anna, browser_of):
    client = browser_of(anna)
    answer = client.post(
        reverse("change-password"),
        {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
        follow=True,
    )
    assert answer.redirect_chain[-1][0] == reverse("inbox")
    assert "Your password was changed." in answer.content.decode()


def test_error_pages_need_nothing(db, client):
    from django.template.loader import render_to_string

    assert "Something went wrong" in render_to_string("500.html")
    assert "This page does not exist" in client.get("/nowhere/").content.decode()
