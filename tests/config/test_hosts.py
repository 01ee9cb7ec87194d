"""Under which names the portal answers."""

import pytest

from channels_app.models import Domain
from messaging.models import WebhookLogEntry


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
@pytest.mark.parametrize("path", ["/health/", "/webhooks/apidaze/guess/", "/files/guess/a.jpg"])
def test_webhooks_links_of_files_and_the_health_check_answer_on_any_host(client, path):
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
    from messaging.thread_limits import Places

    monkeypatch.setattr(middleware, "_STRANGERS", Places(1))
    middleware._STRANGERS.take(None)

    assert client.post("/sign-in/", {"username": "x", "password": "y"}).status_code == 503
    assert client.get("/sign-in/").status_code == 200
    assert client.get("/health/").status_code == 200
    middleware._STRANGERS.give_back(None)
    assert client.post("/sign-in/", {"username": "x", "password": "y"}).status_code == 200


@pytest.mark.django_db
def test_the_way_on_after_signing_in_is_never_the_sign_in_page(client, administrator):
    client.force_login(administrator)

    assert client.get("/sign-in/?next=/sign-in/").headers["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "forwarded", "source"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (1, "198.51.100.1, 2001:db8::7", "2001:db8::7"),
        (3, "203.0.113.7", "127.0.0.1"),
        (1, "nonsense", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_clients_address_is_what_the_outermost_trusted_proxy_saw(
    client, settings, proxies, forwarded, source
):
    settings.TRUSTED_PROXIES = proxies
    client.post("/webhooks/apidaze/guess/", headers={"x-forwarded-for": forwarded})

    assert WebhookLogEntry.objects.get().source == source
