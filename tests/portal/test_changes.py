"""Who changed what when, from what to what: of every form and action, for administrators only, without a secret."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.changes import parts_of, sentence_of
from channels_app.models import Channel, Domain, Extension, MessageQueue, Role, RoutingRule, SignInLink, User
from messaging.models import Contact, Message, Session, UnroutableMessage
from tests.portal.conftest import ADD, SECRET, channel_form, fill, new_channel_form, page_of

CHANGES = "/portal/messaging/change/"
Lines = dict[str, Any]


def lines_of(entry: LogEntry) -> list[tuple[str, str, Lines]]:
    """Each part of an entry: what was done, to which row, and the values by their labels."""
    return [
        (
            part.deed,
            part.row,
            {line.label: "secret" if line.is_secret else (line.before, line.after) for line in part.lines},
        )
        for part in parts_of(entry)
    ]


def last() -> list[tuple[str, str, Lines]]:
    return lines_of(LogEntry.objects.latest("id"))


def said() -> str:
    return sentence_of(LogEntry.objects.latest("id"))


@pytest.fixture
def open_session(channel: Channel, queue: MessageQueue) -> Session:
    now = timezone.now()
    numbers = {"our_number": "+1", "customer_number": "+2"}
    return Session.objects.create(
        channel=channel, queue=queue, opened_at=now, last_activity_at=now, **numbers
    )


@pytest.fixture
def unroutable(channel: Channel) -> UnroutableMessage:
    return UnroutableMessage.objects.create(
        channel=channel, sender="+2", recipient="+3", received_at=timezone.now(), fingerprint="f"
    )


def test_a_new_channel_says_all_that_it_is(administrator_client: Client, queue: MessageQueue) -> None:
    domain = Domain.objects.create(host="sms.example.com")
    row = {"number": "+1 (410) 216-1183", "destination": f"queue:{queue.pk}"}
    administrator_client.post(ADD, new_channel_form(row, sending_rate="3"))
    [(deed, _row, values), number] = last()
    assert deed == "added"
    assert values["Name"] == ("", "Main")
    assert values["Message sending rate"] == ("", "3")
    assert values["Close session automatically"] == ("", "No")
    assert values["Domain of the webhook URL"] == ("", str(domain))
    assert values["API Key"] == values["Secret"] == "secret"
    assert number == (
        "added",
        "+14102161183",
        {
            "Number": ("", "+14102161183"),
            "Destination for inbound messaging": ("", "Queue Support"),
            "10DLC registration": ("", "Not registered"),
        },
    )


def test_a_changed_channel_says_from_what_to_what(administrator_client: Client, channel: Channel) -> None:
    domain = Domain.objects.create(host="sms.example.com")
    token = channel.webhook_token
    form = channel_form(
        name="Other", enabled=None, sending_rate="5", close_automatically="on", domain=domain.pk
    )
    administrator_client.post(page_of(channel), form)
    assert last() == [
        (
            "changed",
            "",
            {
                "Name": ("Main", "Other"),
                "Enabled": ("Yes", "No"),
                "Webhook URL": ("", "sms.example.com"),
                "Message sending rate": ("100", "5"),
                "Close session automatically": ("No", "Yes"),
            },
        )
    ]
    assert token not in LogEntry.objects.latest("id").change_message


def test_numbers_of_a_channel_say_what_became_of_them(
    administrator_client: Client,
    rule: RoutingRule,
    anna_rule: RoutingRule,
    anna: Extension,
    ben: Extension,
) -> None:
    changed = {
        "id": rule.pk,
        "destination": f"extension:{ben.pk}",
        "allowed_extensions": [ben.pk],
        "registration": "pending",
    }
    deleted = {"id": anna_rule.pk, "destination": f"extension:{anna.pk}", "DELETE": "on"}
    form = channel_form(changed, deleted, saved=2, sending_rate="100")
    administrator_client.post(page_of(rule.channel), form)
    assert last() == [
        (
            "changed",
            "+14102161183",
            {
                "Destination for inbound messaging": ("Queue Support", "Extension 1002 Ben"),
                "Extensions allowed to create messaging sessions": (["1001 Anna"], ["1002 Ben"]),
                "10DLC registration": ("Registered", "Pending"),
            },
        ),
        (
            "deleted",
            "+14102161184",
            {
                "Number": ("+14102161184", ""),
                "Destination for inbound messaging": ("Extension 1001 Anna", ""),
                "10DLC registration": ("Registered", ""),
            },
        ),
    ]


def test_agents_of_a_queue_come_and_go(
    administrator_client: Client, queue: MessageQueue, anna: Extension, carla: Extension
) -> None:
    address = f"/portal/channels_app/messagequeue/{queue.pk}/change/"
    administrator_client.post(address, {"name": "Help", "mode": "auto", "agents": [anna.pk, carla.pk]})
    assert last() == [
        (
            "changed",
            "",
            {
                "Name": ("Support", "Help"),
                "Chat assignment mode": ("Manual pickup", "Auto pickup"),
                "Agents": (["1001 Anna", "1002 Ben"], ["1001 Anna", "1003 Carla"]),
            },
        )
    ]
    page = administrator_client.get(CHANGES).content.decode()
    assert "<del>1002 Ben</del>" in page
    assert "<ins>1003 Carla</ins>" in page
    assert "1001 Anna</" not in page.replace("1001 Anna</option>", "")


@pytest.mark.parametrize(
    ("model", "before", "after", "expected"),
    [
        (
            Domain,
            {"host": "a.example.com", "port": 443},
            {"host": "b.example.com", "port": "8443"},
            {"Host name": ("a.example.com", "b.example.com"), "Port": ("443", "8443")},
        ),
        (
            Contact,
            {"customer_number": "+13057673260", "name": "Zoë"},
            {"customer_number": "+13057673260", "name": "Zoé", "company": "Ünal", "note": ""},
            {"Name": ("Zoë", "Zoé"), "Company": ("", "Ünal")},
        ),
        (
            User,
            {"username": "zoe", "role": "agent"},
            {"username": "zoe", "role": "supervisor"},
            {"Role": ("Agent", "Supervisor"), "Active": ("Yes", "No")},
        ),
    ],
)
def test_every_other_form_says_from_what_to_what(
    administrator_client: Client,
    model: Any,
    before: dict[str, Any],
    after: dict[str, str],
    expected: Lines,
) -> None:
    thing = model.objects.create(**before)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    assert administrator_client.post(reverse(name, args=[thing.pk]), after).status_code == 302
    assert last() == [("changed", "", expected)]
    for _before, value in expected.values():
        assert LogEntry.objects.filter(change_message__contains=value).exists()


def test_an_extension_is_written_down_with_the_login_that_came_along(administrator_client: Client) -> None:
    form = {"number": "1001", "name": "Anna", "login": "", "username": "", "role": "supervisor"}
    administrator_client.post("/portal/channels_app/extension/add/", form)
    login, seat = map(lines_of, LogEntry.objects.order_by("id"))
    assert login == [
        ("added", "", {"Login name": ("", "1001"), "Role": ("", "Supervisor"), "Active": ("", "Yes")})
    ]
    assert seat[0][2] == {
        "Extension number": ("", "1001"),
        "Name": ("", "Anna"),
        "Login name": ("", "1001"),
        "Role": ("", "Supervisor"),
    }
    extension = Extension.objects.get()
    form = {"number": "1002", "name": "Anna"}
    administrator_client.post(f"/portal/channels_app/extension/{extension.pk}/change/", form)
    assert last() == [("changed", "", {"Extension number": ("1001", "1002")})]


def test_saving_without_a_change_is_no_change(administrator_client: Client, channel: Channel) -> None:
    administrator_client.post(page_of(channel), channel_form(sending_rate="100"))
    assert not LogEntry.objects.exists()


def test_what_was_deleted_stays_readable(
    administrator_client: Client, queue: MessageQueue, carla: Extension, channel: Channel
) -> None:
    domain = Domain.objects.create(host="sms.example.com")
    for thing in (queue, carla, channel, domain):
        name = f"admin:channels_app_{thing._meta.model_name}_delete"
        administrator_client.post(reverse(name, args=[thing.pk]), {"post": "yes"})
    gone = {
        entry.object_repr: lines_of(entry)[0][2] for entry in LogEntry.objects.filter(action_flag=DELETION)
    }
    assert gone["Support"]["Agents"] == (["1001 Anna", "1002 Ben"], "")
    assert gone["1003 Carla"]["Login"] == ("1003", "")
    assert gone["1003"]["Role"] == ("Agent", "")
    assert gone["Main"]["Message sending rate"] == ("100", "")
    assert gone["sms.example.com"]["Port"] == ("443", "")
    page = administrator_client.get(CHANGES).content.decode()
    assert f"/domain/{domain.pk}/change/" not in page
    assert "<del>sms.example.com</del>" in page


def test_several_deleted_at_once_are_a_line_each(administrator_client: Client) -> None:
    domains = [Domain.objects.create(host=f"{name}.example.com") for name in "ab"]
    form = {"action": "delete_selected", "_selected_action": [each.pk for each in domains], "post": "yes"}
    administrator_client.post("/portal/channels_app/domain/", form)
    assert {entry.object_repr for entry in LogEntry.objects.all()} == {"a.example.com", "b.example.com"}


def test_buttons_are_written_down(
    administrator_client: Client,
    channel: Channel,
    anna: Extension,
    open_session: Session,
    unroutable: UnroutableMessage,
) -> None:
    old = channel.webhook_token
    administrator_client.post(f"/portal/channels_app/channel/{channel.pk}/rotate/", {"old_address": "now"})
    assert said() == "Created a new webhook address."
    now = timezone.now()
    Message.objects.create(
        session=open_session, direction="outbound", origin="agent", status="queued", created_at=now
    )
    administrator_client.post(f"/portal/channels_app/channel/{channel.pk}/cancel-waiting/")
    assert said() == "1 message was cancelled."
    administrator_client.post(f"/portal/channels_app/user/{anna.user_id}/sign-in-link/")
    assert said() == "Created a new sign-in link."
    AccessAttempt.objects.create(
        username="1001", ip_address="127.0.0.1", failures_since_start=5, attempt_time=now
    )
    administrator_client.post(f"/portal/channels_app/user/{anna.user_id}/unlock/")
    assert said() == "Unlocked."
    sessions = "/portal/messaging/session/"
    chosen = {"_selected_action": open_session.pk, "target": f"extension:{anna.pk}"}
    administrator_client.post(sessions, chosen | {"action": "transfer_selected"})
    assert said() == "Transferred to 1001 Anna."
    administrator_client.post(sessions, chosen | {"action": "close_selected"})
    assert said() == "Closed."
    chosen = {"_selected_action": unroutable.pk, "action": "dismiss_selected"}
    administrator_client.post("/portal/messaging/unroutablemessage/", chosen)
    assert said() == "Dismissed."
    assert set(LogEntry.objects.values_list("user__username", flat=True)) == {"admin"}
    everything = "".join(LogEntry.objects.values_list("change_message", flat=True))
    assert old not in everything
    assert channel.webhook_token not in everything


def test_a_delivered_message_is_written_down(
    administrator_client: Client, rule: RoutingRule, unroutable: UnroutableMessage
) -> None:
    UnroutableMessage.objects.update(recipient=rule.number)
    chosen = {"_selected_action": unroutable.pk, "action": "deliver_selected"}
    administrator_client.post("/portal/messaging/unroutablemessage/", chosen)
    assert said() == "Delivered."


def test_a_password_is_changed_and_never_shown(client: Client, anna: Extension) -> None:
    client.defaults["SERVER_NAME"] = "localhost"
    token = SignInLink.issue(anna.user)
    passwords = {"new_password1": "quite new words 1", "new_password2": "quite new words 1"}
    client.post(f"/welcome/{token}/", passwords)
    assert said() == "Chose a password with a sign-in link."
    newer = {"new_password1": "even newer words", "new_password2": "even newer words"}
    client.post(reverse("change-password"), {"old_password": "quite new words 1"} | newer)
    assert said() == "Changed the password."
    assert all(entry.user_id == anna.user_id for entry in LogEntry.objects.all())
    anna.user.refresh_from_db()
    no_secrets(token, "quite new words 1", "even newer words", anna.user.password)


def no_secrets(*secrets: str) -> None:
    for entry in LogEntry.objects.all():
        for secret in secrets:
            assert secret not in f"{entry.change_message} {entry.object_repr}"


def test_no_secret_is_in_any_entry(administrator_client: Client, channel: Channel) -> None:
    administrator_client.post(ADD, new_channel_form(name="New", base_url="https://me:pass-77@example.com"))
    new = Channel.objects.get(name="New")
    form = channel_form(
        sending_rate="100", credential_api_key="another-key", credential_api_secret="another-s"
    )
    administrator_client.post(page_of(channel), form)
    assert last() == [("changed", "", {"API Key": "secret", "Secret": "secret"})]
    response = administrator_client.post(
        "/portal/channels_app/extension/add/",
        {"number": "1001", "name": "Anna", "login": "", "username": "", "role": "agent"},
    )
    [link] = re.findall(r"/welcome/([^/\"]+)/", response.content.decode())
    administrator_client.post(reverse("admin:channels_app_channel_delete", args=[new.pk]), {"post": "yes"})
    channel.refresh_from_db()
    secrets = [SECRET, "key-1", "another-key", "another-s", "pass-77", link, channel.webhook_token]
    no_secrets(*secrets, channel.encrypted_credentials, new.encrypted_credentials)
    assert LogEntry.objects.count() == 5


def test_supervisors_and_agents_cannot_read_it(
    client: Client, supervisor_client: Client, channel: Channel, anna: Extension, administrator: User
) -> None:
    LogEntry.objects.log_actions(administrator.pk, [channel], 2, "Seen by few.", single_object=True)
    entry = LogEntry.objects.get()
    client.defaults["SERVER_NAME"] = "localhost"
    client.force_login(anna.user, "django.contrib.auth.backends.ModelBackend")
    addresses = [
        CHANGES,
        f"{CHANGES}{entry.pk}/change/",
        f"/portal/channels_app/channel/{channel.pk}/history/",
        f"{CHANGES}{entry.pk}/history/",
    ]
    for address in addresses:
        assert client.get(address).status_code == 403
        assert supervisor_client.get(address).status_code == 403
    assert "History" not in supervisor_client.get(page_of(channel)).content.decode()
    assert "Seen by few" not in supervisor_client.get("/portal/").content.decode()


def test_nobody_changes_what_was_written_down(administrator_client: Client, channel: Channel) -> None:
    administrator_client.post(page_of(channel), channel_form(sending_rate="7"))
    entry = LogEntry.objects.get()
    for address in ("add/", f"{entry.pk}/change/", f"{entry.pk}/delete/"):
        form = {"post": "yes", "change_message": "", "_save": "1"}
        assert administrator_client.post(f"{CHANGES}{address}", form).status_code == 403
    form = {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"}
    administrator_client.post(CHANGES, form)
    assert LogEntry.objects.get() == entry


def test_the_history_of_a_thing_shows_its_changes(administrator_client: Client, channel: Channel) -> None:
    administrator_client.post(page_of(channel), channel_form(sending_rate="7"))
    page = administrator_client.get(f"/portal/channels_app/channel/{channel.pk}/history/").content.decode()
    assert re.search(r"Message sending rate</span>\s*<del>100</del>\s*<ins>7</ins>", page)
    assert f"/channel/{channel.pk}/history/" in administrator_client.get(page_of(channel)).content.decode()


def test_the_history_of_a_thing_begins_with_its_last_change(
    administrator_client: Client, administrator: User, channel: Channel
) -> None:
    kind = ContentType.objects.get_for_model(Channel)
    fill(
        LogEntry(
            user=administrator, content_type=kind, object_id=str(channel.pk), object_repr="Main", action_flag=2,
            action_time=timezone.now() + dt.timedelta(minutes=number),
            change_message=f'[{{"changed": {{"values": [{{"label": "Name", "from": "", "to": "n{number}."}}]}}}}]',
        )
        for number in range(150)
    )  # fmt: skip
    history = f"/portal/channels_app/channel/{channel.pk}/history/"
    first, second = (administrator_client.get(history, {"p": page}).content.decode() for page in (1, 2))
    assert first.index("n149.") < first.index("n148.")
    assert "n49." not in first
    assert second.index("n49.") < second.index("n0.")


def test_changes_are_found_by_person_kind_day_and_word(
    administrator_client: Client, channel: Channel, queue: MessageQueue, administrator: User
) -> None:
    other = User.objects.create_superuser("other", "secret words 123")
    LogEntry.objects.log_actions(administrator.pk, [channel], 2, "About a channel.", single_object=True)
    LogEntry.objects.log_actions(other.pk, [queue], 2, "About a queue.", single_object=True)
    LogEntry.objects.filter(user=other).update(action_time="2020-02-03T12:00:00Z")

    def found(query: str) -> list[str]:
        response = administrator_client.get(f"{CHANGES}?{query}")
        assert response.status_code == 200
        return [sentence_of(entry) for entry in response.context["cl"].result_list]

    kind = ContentType.objects.get_for_model(MessageQueue).pk
    assert found("") == ["About a queue.", "About a channel."]
    assert found(f"user__id__exact={other.pk}") == ["About a queue."]
    assert found(f"kind={kind}") == ["About a queue."]
    assert found("action_time_from=2020-02-03&action_time_to=2020-02-03") == ["About a queue."]
    assert found("q=About+a+chan") == ["About a channel."]
    assert found("q=Main") == ["About a channel."]
    assert found("kind=x") == ["About a queue.", "About a channel."]


@pytest.mark.parametrize("rows", [0, 1, pytest.param(10_000, marks=pytest.mark.once)])
def test_the_list_asks_little_with_any_number_of_rows(
    administrator_client: Client,
    administrator: User,
    channel: Channel,
    queue: MessageQueue,
    django_assert_max_num_queries: Any,
    rows: int,
) -> None:
    kinds = [ContentType.objects.get_for_model(model) for model in (Channel, MessageQueue, User, Domain)]
    fill(
        LogEntry(
            user=administrator,
            content_type=kinds[number % 4],
            object_id=str(number % 300),
            object_repr=f"Thing {number}",
            action_flag=2 if number % 50 else DELETION,
            change_message='[{"changed": {"values": [{"label": "Name", "from": "a", "to": "b"}]}}]',
        )
        for number in range(rows)
    )
    with django_assert_max_num_queries(15):
        assert administrator_client.get(CHANGES).status_code == 200
    with django_assert_max_num_queries(15):
        assert administrator_client.get(f"{CHANGES}?q=Thing+9").status_code == 200


def test_a_login_with_changes_is_kept(administrator_client: Client, administrator: User) -> None:
    other = User.objects.create_user("other", role=Role.ADMINISTRATOR)
    LogEntry.objects.log_actions(other.pk, [administrator], 2, "x", single_object=True)
    administrator_client.post(f"/portal/channels_app/user/{other.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(pk=other.pk).exists()
