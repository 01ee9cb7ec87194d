"""A browser's own player: it gets what it plays in parts, and needs no place of those for slow readers."""

import io
import wave

import pytest
from django.conf import settings as portal

from messaging.models import Session
from tests.messaging.arrivals import arrive
from tests.messaging.files.stored_files import add_file
from tests.support import shared

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.once,
]

SECONDS = 600


def sound():
    """Ten minutes of near silence: 10 MB."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(16_000)
        file.writeframes(bytes(range(120, 136)) * (SECONDS * 1000))
    return made.getvalue()


# Six players that are paused as soon as they could play, then one that is played, here and there.
PLAY = """async (address) => {
    const until = (player, event) => new Promise((resolve, reject) => {
        player.addEventListener(event, resolve, {once: true});
        player.addEventListener("error", () => reject(player.error.message), {once: true});
    });
    const paused = [];
    for (let each = 0; each < 6; each++) {
        const player = new Audio(address + "?" + each);
        player.preload = "auto";
        await until(player, "canplay");
        paused.push(player);
    }
    const player = new Audio(address);
    player.muted = true;
    await until(player, "canplay");
    player.currentTime = 590;
    await until(player, "seeked");
    player.playbackRate = 16;
    await Promise.all([player.play(), until(player, "ended")]);
    player.currentTime = 5;
    await Promise.all([player.play(), until(player, "seeked")]);
    while (player.currentTime < 30) await new Promise(done => setTimeout(done, 50));
    return [player.duration, paused.length];
}"""


def test_players_play_and_seek_and_paused_ones_take_no_place(
    channel, rule, file_folder, client, supervisor, browser
):
    arrive(channel)
    session = Session.objects.get()
    file = add_file(session, sound(), "voice.wav", content_type="audio/wav")
    client.force_login(supervisor)
    name = portal.SESSION_COOKIE_NAME

    server = shared.web_server()
    with browser.new_context() as context:
        page = context.new_page()
        cookie = {"name": name, "value": client.cookies[name].value, "url": server.origin}
        page.context.add_cookies([cookie])
        page.goto(f"{server.origin}/inbox/")
        answers = []
        page.on("response", lambda answer: answers.append(answer) if "/files/" in answer.url else None)

        assert page.evaluate(PLAY, f"/inbox/{session.pk}/files/{file.pk}/") == [SECONDS, 6]

        assert {answer.status for answer in answers} == {206}
        assert max(int(answer.headers["content-length"]) for answer in answers) == 1024 * 1024
        assert len(answers) > 8
