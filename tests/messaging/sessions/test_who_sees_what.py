"""Who sees, answers, picks up and moves which session: the table of the rules, case by case."""

import uuid

import pytest

from messaging.models import Session
from messaging.models.person import Person
from messaging.models.session_rights import may_answer, may_move, may_pick_up
from messaging.outbound import answering
from messaging.refusal import NotFoundError, RefusedError
from messaging.sessions import closing, pickup, transfer
from tests.messaging.arrivals import arrive


@pytest.fixture
def waiting(channel, rule):
    """An open session without a holder in the queue of Anna and Ben."""
    arrive(channel)
    return Session.objects.get()


@pytest.fixture
def who_sees(anna, ben, carla, supervisor, administrator):
    """The names of those who see a session."""

    def who_sees(session):
        seats = {"anna": anna, "ben": ben, "carla": carla}
        people = {name: Person.at(seat) for name, seat in seats.items() if seat.pk}
        people |= {"supervisor": Person(supervisor), "administrator": Person(administrator)}
        return {
            name
            for name, person in people.items()
            if Session.objects.visible_to(person).filter(pk=session.pk).exists()
        }

    return who_sees


ALWAYS = {"supervisor", "administrator"}


def test_a_waiting_session_is_seen_by_its_queues_agents(waiting, who_sees):
    assert who_sees(waiting) == ALWAYS | {"anna", "ben"}


def test_a_picked_up_session_is_seen_by_its_holder_only(waiting, who_sees, anna):
    pickup.pick_up(Person.at(anna), waiting.pk)

    assert who_sees(waiting) == ALWAYS | {"anna"}


def test_a_closed_session_is_seen_by_who_held_it_last(waiting, who_sees, anna):
    pickup.pick_up(Person.at(anna), waiting.pk)
    closing.close(Person.at(anna), waiting.pk)

    assert who_sees(waiting) == ALWAYS | {"anna"}


def test_a_closed_session_that_nobody_held_is_seen_by_its_queues_agents(waiting, who_sees, anna):
    closing.close(Person.at(anna), waiting.pk)

    assert who_sees(waiting) == ALWAYS | {"anna", "ben"}


def test_after_a_transfer_the_previous_holder_sees_nothing_of_it(waiting, who_sees, anna, carla):
    pickup.pick_up(Person.at(anna), waiting.pk)
    transfer.transfer(Person.at(anna), waiting.pk, carla)

    assert who_sees(waiting) == ALWAYS | {"carla"}


def test_a_session_whose_holder_was_deleted_goes_back_to_its_queue(waiting, who_sees, anna):
    pickup.pick_up(Person.at(anna), waiting.pk)
    anna.delete()

    waiting.refresh_from_db()
    assert waiting.holder_is_gone
    assert who_sees(waiting) == ALWAYS | {"ben"}
    assert list(Session.objects.orphaned()) == [waiting]


def test_a_closed_session_whose_holder_was_deleted_is_not_shown_to_the_queue(waiting, who_sees, anna):
    pickup.pick_up(Person.at(anna), waiting.pk)
    closing.close(Person.at(anna), waiting.pk)
    anna.delete()

    assert who_sees(waiting) == ALWAYS


def test_who_was_deactivated_sees_nothing(waiting, who_sees, anna, supervisor):
    for user in (anna.user, supervisor):
        user.is_active = False
        user.save()

    assert who_sees(waiting) == {"ben", "administrator"}


@pytest.mark.parametrize(
    ("mode", "picks_up", "answer_picks_up"),
    [("manual", True, False), ("auto", True, True), ("disabled", False, False)],
)
def test_what_each_assignment_mode_allows(waiting, queue, anna, ben, carla, mode, picks_up, answer_picks_up):
    queue.mode = mode
    queue.save()
    session = Session.objects.get()
    assert [may_answer(session, seat) for seat in (anna, ben, carla)] == [True, True, False]
    assert [may_pick_up(session, seat) for seat in (anna, ben, carla)] == [picks_up, picks_up, False]

    answering.answer(Person.at(anna), session.pk, "Hello", uuid.uuid4())

    session = Session.objects.get()
    assert session.holder == (anna if answer_picks_up else None)
    assert may_answer(session, ben) is not answer_picks_up


def test_in_a_queue_with_pickup_disabled_nobody_can_pick_up(waiting, queue, anna):
    queue.mode = "disabled"
    queue.save()

    with pytest.raises(RefusedError, match="can't be picked up"):
        pickup.pick_up(Person.at(anna), waiting.pk)


def test_others_can_do_nothing_with_a_session_they_may_not_see(waiting, carla, anna):
    operations = [
        lambda: pickup.pick_up(Person.at(carla), waiting.pk),
        lambda: answering.answer(Person.at(carla), waiting.pk, "Hi", uuid.uuid4()),
        lambda: transfer.transfer(Person.at(carla), waiting.pk, carla),
        lambda: closing.close(Person.at(carla), waiting.pk),
    ]
    for operation in operations:
        with pytest.raises(NotFoundError):
            operation()


def test_colleagues_in_the_queue_are_told_who_has_the_session(waiting, anna, ben):
    pickup.pick_up(Person.at(anna), waiting.pk)

    with pytest.raises(RefusedError, match="1001 Anna has this session now"):
        answering.answer(Person.at(ben), waiting.pk, "Hi", uuid.uuid4())


def test_supervisors_move_every_session_but_answer_none(waiting, supervisor, anna, carla):
    pickup.pick_up(Person.at(anna), waiting.pk)
    session = Session.objects.get()
    assert may_move(session, Person(supervisor))
    with pytest.raises(RefusedError, match="Only people with an extension"):
        answering.answer(Person(supervisor), session.pk, "Hi", uuid.uuid4())

    transfer.transfer(Person(supervisor), session.pk, carla)

    assert Session.objects.get().holder == carla
    event = session.events.get(kind="transferred")
    assert (event.actor_name, event.target_name) == ("super", "1003 Carla")


def test_a_transfer_to_a_queue_clears_the_holder(waiting, queue, anna):
    pickup.pick_up(Person.at(anna), waiting.pk)
    transfer.transfer(Person.at(anna), waiting.pk, queue)

    session = Session.objects.get()
    assert (session.holder, session.holder_name, session.queue, session.status) == (None, "", queue, "open")
