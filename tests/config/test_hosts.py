"""Under which names the portal answers."""

import threading

import pytest

from channels_app.models import Domain


def asked_as(client, host, path="/sign-in/"):
    return client.get(path, headers={"host": host}).status_code


@pytest.mark.django_db
def test_the_portal_answers_on_its_hosts_and_domains_only_without_a_restart(client):
    assert asked_as(client, "localhost") == 200
    assert asked_as(client, "sms.example.com") == 400

    domain = Domain.objects.create(host="sms.example.com", port=8443)
    assert asked_as(client, "sms.example.com:8443") == 200
    assert asked_as(client, "SMS.example.com") == 200
    assert asked_as(client, "evil.sms.example.com") == 400

    domain.delete()
    assert asked_as(client, "sms.example.com") == 400


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["", "a b", "evil.example/", "[", "exa_mple.com", "x" * 300])
def test_a_senseless_host_name_is_no_error_of_ours(client, host):
    assert asked_as(client, host) in (400, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/", "/webhooks/apidaze/guess/"])
def test_webhooks_and_the_health_check_answer_on_any_host(client, path):
    assert asked_as(client, "anything.example", path) in (200, 404)


@pytest.mark.django_db
def test_a_form_that_is_announced_too_large_is_refused_unread(client, settings):
    settings.MAX_FORM_BYTES = 1000

    assert client.post("/sign-in/", {"username": "x" * 2000}).status_code == 413


@pytest.mark.django_db
def test_pages_load_nothing_from_elsewhere_and_are_framed_by_nobody(client):
    answer = client.get("/sign-in/")

    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_forms_of_strangers_never_take_all_threads(client, monkeypatch):
    from config import middleware

    monkeypatch.setattr(middleware, "_STRANGERS", threading.BoundedSemaphore(1))
    middleware._STRANGERS.acquire()

    assert client.post("/sign-in/", {"username": "x", "password": "y"}).status_code == 503
    assert client.get("/sign-in/").status_code == 200
    assert client.get("/health/").status_code == 200
    middleware._STRANGERS.release()
    assert client.post("/sign-in/", {"username": "x", "password": "y"}).status_code == 200


@pytest.mark.django_db
def test_the_way_on_after_signing_in_is_never_the_sign_in_page(client, administrator):
    client.force_login(administrator)

    assert client.get("/sign-in/?next=/sign-in/").headers["Location"] == "/"
