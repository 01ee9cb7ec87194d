"""Every address, as every kind of person, in every state of a session, against *who sees what* as the product says it.

The table is written out here, apart from the code that decides.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Extension, MessageQueue, User
from messaging.models import Attachment, Message, PersonalState, Presence, Session, SessionEvent
from messaging.models.person import Person
from messaging.sessions import closing, pickup, transfer
from messaging.urls import urlpatterns
from tests.conftest import OTHER_NUMBER
from tests.inbox.conftest import PARTS
from tests.messaging.files.stored_files import add_file, picture

NOBODY, LONE, LOCKED = "nobody", "agent without an extension", "deactivated"
OTHER, AGENT, HOLDER = "other agent", "agent of the queue", "holder"
SUPERVISOR, ADMINISTRATOR = "supervisor", "administrator"
PEOPLE = (NOBODY, LONE, LOCKED, OTHER, AGENT, HOLDER, SUPERVISOR, ADMINISTRATOR)
OVERSEE = {SUPERVISOR, ADMINISTRATOR}
AGENTS = {AGENT, HOLDER}  # the holder is in the queue, too; before a pick-up it is an agent like the other

# In each state: who sees the session, and who may write in it.
STATES: dict[str, tuple[set[str], set[str]]] = {
    "waits, manual pickup": (AGENTS, AGENTS),
    "waits, auto pickup": (AGENTS, AGENTS),
    "waits, pickup disabled": (AGENTS, AGENTS),
    "picked up just now": ({HOLDER}, {HOLDER}),
    "held": ({HOLDER}, {HOLDER}),
    "held, its holder away too long": (AGENTS, {HOLDER}),
    "came to an extension, its holder away": ({HOLDER}, {HOLDER}),
    "transferred from the holder to another": ({OTHER}, {OTHER}),
    "transferred from the holder into another queue": ({OTHER}, {OTHER}),
    "closed by its holder": ({HOLDER}, set()),
    "closed, held by nobody": (AGENTS, set()),
    "open, its holder deleted": ({AGENT}, {AGENT}),
    "closed, its holder deleted": (set(), set()),
    "waits, its queue deleted": (set(), set()),
    "its number removed": ({HOLDER}, set()),
    "earlier session of one that a colleague holds": ({HOLDER}, set()),
}


# In these every address is walked, as a part of a page and as a whole one; in the others those that read, and one that
# writes, and of whole pages the conversation's only. `make test-sweep` walks all in all.
WALKED_WHOLE = (
    "waits, manual pickup",
    "held",
    "transferred from the holder to another",
    "closed by its holder",
)
FEW = {"conversation", "conversation-news", "conversation-earlier", "file", "file-preview", "answer"}
FEW_WHOLE = {"conversation"}


def ago(minutes: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(minutes=minutes)


@dataclass
class World:
    """The session of a state, its first message and its file, and who is who."""

    session: Session
    file: Attachment
    text: str
    logins: dict[str, User]

    def client(self, person: str) -> Client | None:
        """The browser of a person; None of a person who is not there any more."""
        client = Client()
        if person != NOBODY:
            user = User.objects.filter(pk=self.logins[person].pk).first()
            if user is None or (
                not Extension.objects.filter(user=user).exists() and person in (AGENT, HOLDER)
            ):
                return None
            client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
            if person == LOCKED:
                User.objects.filter(pk=user.pk).update(is_active=False)
        return client


@pytest.fixture
def build(
    receive, anna, ben, carla, make_extension, queue, rule, anna_rule, supervisor, administrator, file_folder
):
    """Puts a session into a state: Ben is the holder, Anna the queue's other agent, Carla is in no queue of theirs."""
    locked = make_extension("1009", "Dora")
    queue.agents.add(locked)
    for seat in (anna, ben, carla):
        Presence.objects.create(extension=seat, seen_at=timezone.now())
    logins = {
        LONE: User.objects.create_user("lone"),
        LOCKED: locked.user,
        OTHER: carla.user,
        AGENT: anna.user,
        HOLDER: ben.user,
        SUPERVISOR: supervisor,
        ADMINISTRATOR: administrator,
    }

    def build(state: str) -> World:
        anna_rule.destination_extension = ben
        anna_rule.save()
        to = OTHER_NUMBER if state.startswith("came to an extension") else rule.number
        session = receive("Where is my order?", to=to)
        file = add_file(session, b"%PDF-1.4 its bill", "bill.pdf")
        _bring_about(state, session, queue, rule, ben, carla, anna, receive)
        session.refresh_from_db()
        return World(session, file, "Where is my order?", logins)

    return build


def _bring_about(state, session, queue, rule, ben, carla, anna, receive) -> None:
    if state.startswith("waits, ") and "deleted" not in state:
        mode = {"manual": "manual", "auto": "auto"}.get(state.split()[1], "disabled")
        MessageQueue.objects.update(mode=mode)
        return
    if state == "waits, its queue deleted":
        rule.destination_queue, rule.destination_extension = None, carla
        rule.save()
        queue.delete()
        return
    if state == "closed, held by nobody":
        closing.close(Person.at(anna), session.pk)
        return
    if not state.startswith("came to an extension"):
        pickup.pick_up(Person.at(ben), session.pk)
    if state != "picked up just now":
        SessionEvent.objects.update(at=ago(60))
    if "away" in state:
        Presence.objects.filter(extension=ben).update(seen_at=ago(60))
        Session.objects.update(waiting_since=ago(31))
    if state.startswith("transferred"):
        target = carla
        if "queue" in state:
            target = MessageQueue.objects.create(name="Other")
            target.agents.add(carla)
        transfer.transfer(Person.at(ben), session.pk, target)
    if state.startswith(("closed by", "closed, its holder")):
        closing.close(Person.at(ben), session.pk)
    if "holder deleted" in state:
        ben.inbound_rules.update(destination_extension=carla)
        ben.delete()
    if state == "its number removed":
        rule.delete()
    if state.startswith("earlier"):
        closing.close(Person.at(ben), session.pk)
        pickup.pick_up(Person.at(anna), receive("Again").pk)


def addresses(world: World) -> Iterator[tuple[str, str, str, dict[str, object]]]:
    """Every address of the inbox that names a session: name, method, address, and what is sent."""
    session, message = world.session.pk, world.file.message_id
    form: dict[str, object] = {
        "text": "Hello",
        "press_key": str(uuid.uuid4()),
        "target": "queue:0",
        "up_to": "1",
    }
    arguments = {
        "session_id": session,
        "message_id": Message.objects.filter(session=session).order_by("pk").values_list("pk", flat=True)[0],
        "file_id": world.file.pk,
    }
    assert message
    for pattern in urlpatterns:
        if "session_id" not in pattern.pattern.converters:
            continue
        address = reverse(pattern.name, kwargs={name: arguments[name] for name in pattern.pattern.converters})
        yield pattern.name, "get", address, {"before": "999999999"}
        yield pattern.name, "post", address, form


READ = {
    "conversation": 200,
    "conversation-news": 200,
    "conversation-earlier": None,  # 200 or, as there is nothing, 404 with the page
    "file": 200,
    "file-preview": 410,  # it has none
}
ONLY_POSTED = {
    "conversation-read", "answer", "cancel-message", "send-again", "it-was-sent", "upload-file", "remove-file",
    "pick-up", "take-over", "close-session", "archive", "unarchive",
}  # fmt: skip
BOTH = {"transfer", "contact"}
ALL = {*READ, *ONLY_POSTED, *BOTH}
WITHOUT_A_SESSION = {"inbox", "session-list", "present", "away", "start-session", "start-check"}


def test_every_address_is_walked():
    assert {pattern.name for pattern in urlpatterns} == ALL | WITHOUT_A_SESSION


def everything() -> list[object]:
    models = (Session, Message, SessionEvent, PersonalState, Attachment)
    return [list(model.objects.order_by("pk").values()) for model in models]  # type: ignore[attr-defined]


def send(
    client: Client, name: str, method: str, address: str, data: dict[str, object], *, part: bool
) -> HttpResponse:
    headers = dict(PARTS) if part else {}
    if name == "upload-file" and method == "post":
        headers["X-File-Name"] = "a.png"
        return client.post(address, picture(), content_type="application/octet-stream", headers=headers)
    return getattr(client, method)(address, data, headers=headers)


def who_may_not_see_a_session_gets_404_and_changes_nothing(
    state: str, world: World, names: Collection[str], whole: Collection[str]
) -> None:
    """By these names, those of `whole` as whole pages, too."""
    seen_by = STATES[state][0] | OVERSEE
    before = everything()
    for person in PEOPLE:
        client = world.client(person)
        if client is None or person in seen_by:
            continue
        for name, method, address, data in addresses(world):
            if name not in names:
                continue
            # A whole page takes long: asked for by those alone who might be taken for somebody who may see it.
            is_asked_whole = name in whole and person in (OTHER, AGENT, HOLDER)
            for part in (False, True) if is_asked_whole else (True,):
                answer = send(client, name, method, address, data, part=part)
                where = f"{person}: {method} {address}"
                if answer.status_code == 405:
                    assert (method, name in ONLY_POSTED) in {("get", True), ("post", False)}, where
                elif person in (NOBODY, LOCKED):
                    assert answer.status_code == (401 if part else 302), where
                else:
                    assert answer.status_code == 404, where
                assert world.text.encode() not in b"".join(
                    answer.streaming_content if answer.streaming else [answer.content]
                ), where
        assert everything() == before, person


def who_sees_a_session_reads_it_with_its_files_and_finds_it_by_its_list(state: str, world: World) -> None:
    for person in STATES[state][0] | OVERSEE:
        client = world.client(person)
        assert client is not None
        for name, status in READ.items():
            if status is None:
                continue
            arguments = (
                [world.session.pk] if name.startswith("conversation") else [world.session.pk, world.file.pk]
            )
            answer = client.get(reverse(name, args=arguments))
            assert answer.status_code == status, f"{person}: {name}"
        page = client.get(reverse("conversation", args=[world.session.pk])).content
        assert world.text.encode() in page, person


def lists_and_counts_have_nothing_of_others(state: str, world: World) -> None:
    seen_by = STATES[state][0] | OVERSEE
    for person in PEOPLE:
        client = world.client(person)
        if client is None or person in (NOBODY, LOCKED):
            continue
        rows = {
            row.session_id
            for tab in ("mine", "queue", "closed", "archived", "all")
            for row in client.get(reverse("session-list"), {"tab": tab}).context["list"].rows
        }
        assert (world.session.pk in rows) == (person in seen_by), person


def only_who_may_answer_writes_in_a_session(state: str, world: World) -> None:
    for person in PEOPLE:
        client = world.client(person)
        if client is None or person in (NOBODY, LOCKED):
            continue
        may = person in STATES[state][1]
        before = Message.objects.count()
        answer = client.post(
            reverse("answer", args=[world.session.pk]), {"text": "Hello", "press_key": str(uuid.uuid4())}
        )
        assert (answer.status_code == 302) == may, person
        assert Message.objects.count() == before + may, person
        if may and "auto" in state:
            break  # the first answer picks it up


def the_portals_page_of_a_session_is_for_who_oversees(state: str, world: World) -> None:
    address = reverse("admin:messaging_session_change", args=[world.session.pk])
    for person in PEOPLE:
        client = world.client(person)
        if client is None:
            continue
        answer = client.get(address)
        assert (answer.status_code == 200) == (person in OVERSEE), person
        assert (world.text.encode() in answer.content) == (person in OVERSEE), person


@pytest.mark.once
@pytest.mark.parametrize("state", STATES)
def test_each_person_has_what_is_theirs_and_nothing_else(state, build):
    world = build(state)
    names, whole = (ALL, ALL) if state in WALKED_WHOLE else (FEW, FEW_WHOLE)
    who_may_not_see_a_session_gets_404_and_changes_nothing(state, world, names, whole)
    who_sees_a_session_reads_it_with_its_files_and_finds_it_by_its_list(state, world)
    lists_and_counts_have_nothing_of_others(state, world)
    the_portals_page_of_a_session_is_for_who_oversees(state, world)
    only_who_may_answer_writes_in_a_session(state, world)


@pytest.mark.once
@pytest.mark.sweep
@pytest.mark.parametrize("state", [state for state in STATES if state not in WALKED_WHOLE])
def test_by_no_address_whatever(state, build):
    who_may_not_see_a_session_gets_404_and_changes_nothing(state, build(state), ALL, ALL)


def test_an_earlier_session_and_its_files_are_seen_with_the_present_one(build):
    world = build("earlier session of one that a colleague holds")
    present = Session.objects.get(status="open")
    for person, sees in {AGENT: True, HOLDER: False, OTHER: False, ADMINISTRATOR: True}.items():
        client = world.client(person)
        assert client is not None
        page = client.get(reverse("conversation", args=[present.pk]))
        assert (world.text.encode() in page.content) == sees, person
        file = client.get(reverse("file", args=[present.pk, world.file.pk]))
        assert file.status_code == (200 if sees else 404), person
