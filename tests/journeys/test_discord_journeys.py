"""What a member sees: the real discord.py client on a Discord of our own, over real sockets."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.background import BlockingPool
from bot.client import CratediggerBot, point_discord_at
from bot.error_replies import new_incident
from bot.errors import (
    BotError,
    DiscordUnavailableError,
    LoginExpiredError,
    NeedsRelinkError,
    NotFoundInCatalogError,
    NotLinkedError,
    QuotaExceededError,
    SettingsError,
    SpotifyUnavailableError,
)
from bot.playground.discord_standin_commands import NotSendable
from bot.playground.discord_standin_components import walk
from bot.playground.discord_standin_faults import lost_answer, lost_request, rate_limited, server_error, slow
from bot.playground.discord_standin_reply import Reply, buttons_of, text_of
from bot.playground.discord_standin_world import COMMAND, COMPONENT, COMPONENTS_V2, EPHEMERAL
from bot.services.asks import By
from bot.services.kept_state import KeptState
from recommender.errors import EmptyCatalogError, NothingToGoOnError, RecommenderError
from recommender.types import Filters, MemberId, PopularityBand, TrackKey, Verdict
from storage.crypto import Cipher
from storage.database import Database
from storage.values import Consent
from tests.wire.bot_on_discord import JONAS, MIRA, World, answer, pointed_at, running_bot, suggestions

COMMANDS = {"link", "unlink", "recommend", "path", "together", "privacy", "status"}
EDIT = r"/webhooks/.*/messages/@original"
CALLBACK = r"/interactions/"
FOLLOW_UP = r"/webhooks/[0-9]+/[^/]+$"


def registrations(world: World) -> int:
    return sum(each.method == "PUT" for each in world.discord.requests)


async def test_commands_are_registered_at_the_first_start_and_not_again_after_a_restart(world: World) -> None:
    async with world.bot():
        assert {command["name"] for command in world.discord.commands} == COMMANDS
    async with world.bot():
        pass

    assert registrations(world) == 1


async def test_commands_that_discord_forgot_are_registered_again(world: World) -> None:
    async with world.bot():
        pass
    world.discord.commands.clear()

    async with world.bot():
        assert {command["name"] for command in world.discord.commands} == COMMANDS


async def test_commands_stay_registered_where_discord_cannot_list_them(world: World) -> None:
    async with world.bot():
        pass
    world.discord.plan_fault("GET", "/commands", server_error(404))

    async with world.bot():
        assert registrations(world) == 1


async def test_bot_answers_although_registering_failed(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.bot():
        pass
    world.state.marks.clear()
    world.discord.plan_fault("PUT", "/commands", server_error(503))

    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        assert "Song 1" in text_of(await reply.message())

    assert "commands not registered" in caplog.text
    assert world.state.marks == {}


async def test_answer_under_way_arrives_although_the_bot_is_stopped(world: World) -> None:
    world.recommending.delay_s = 0.5
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        await reply.acknowledged()

    assert "Song 1" in text_of(reply.messages[0])


async def test_recommend_defers_at_once_and_answers_with_cards(world: World) -> None:
    world.recommending.delay_s = 1.0
    world.recommending.make = lambda ask: answer(suggestions(3), label="“sad songs”", notes=("Little data yet.",))
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", {"prompt": "sad songs"})
        await reply.acknowledged()
        thinking = reply.messages
        message = await reply.message()

    assert reply.callback_type == 5
    assert reply.answered_after is not None
    assert reply.answered_after < 1.0
    assert [each["id"] for each in thinking] == [message["id"]]
    assert message["flags"] & COMPONENTS_V2
    assert not message["flags"] & EPHEMERAL
    text = text_of(message)
    assert "starting from “sad songs”" in text
    assert "### 2. [Song 2](https://open.spotify.com/track/0000000000000000000002)" in text
    assert "**The Night Ferries** · Harbour Songs · 1994" in text
    assert r"Words close to Copper Rain \(2\)." in text
    assert "-# Little data yet." in text
    covers = [each["media"]["url"] for each in walk(message["components"]) if each["type"] == 11]
    assert covers == [f"https://covers.example/{key}.jpg" for key in (1, 2, 3)]
    assert [each["custom_id"] for each in buttons_of(message)] == [
        f"{what}:{key}" for key in (1, 2, 3) for what in ("verdict:like", "verdict:dislike", "more")
    ]


async def test_options_reach_the_service_as_an_ask(world: World) -> None:
    given = {"prompt": "night drive", "count": 7, "by": "cover", "mix": 40, "discovery": 90, "decade": 1990}
    async with world.bot():
        reply = await world.discord.use_command(JONAS, "recommend", {**given, "explicit": False})
        await reply.settled(messages=2)

    (ask,) = world.recommending.asks
    assert (ask.member, ask.prompt, ask.tracks, ask.artist) == (MemberId(int(JONAS)), "night drive", (), None)
    assert (ask.count, ask.by, ask.mix, ask.discovery) == (7, By.COVER, 0.4, 0.9)
    assert ask.filters == Filters(decade=1990, explicit=False)
    assert (ask.language, ask.roll) == (None, 0)


async def test_filters_and_the_roll_reach_the_service_too(world: World) -> None:
    given = {"genre": "rock", "language": "Spanish", "popularity": "gems", "max_minutes": 4, "roll": 4711}
    async with world.bot():
        reply = await world.discord.use_command(JONAS, "recommend", given)
        await reply.settled()

    (ask,) = world.recommending.asks
    assert ask.filters == Filters(genre="rock", max_ms=240_000, popularity=PopularityBand(highest=29))
    assert (ask.language, ask.roll) == ("Spanish", 4711)


@pytest.mark.parametrize("given", [{"popularity": "famous"}, {"max_minutes": 0}, {"roll": 10_000}, {"roll": -1}])
async def test_options_out_of_range_cannot_be_sent(world: World, given: dict[str, Any]) -> None:
    async with world.bot():
        with pytest.raises(NotSendable):
            await world.discord.use_command(JONAS, "recommend", given)


async def test_twenty_suggestions_come_in_four_messages_within_discords_limits(world: World) -> None:
    long = {"title": "word " * 100, "artists": ("Somebody *Bold*" * 20,), "album": "[x](y) " * 60}
    world.recommending.make = lambda ask: answer(suggestions(20, **{k: v for k, v in long.items() if k != "title"}))
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", {"count": 20, "private": True})
        await reply.settled(messages=4)

    assert [sum(b["custom_id"].startswith("verdict:like") for b in buttons_of(m)) for m in reply.messages] == [5] * 4
    assert reply.is_ephemeral


async def test_nothing_found_says_what_to_change(world: World) -> None:
    world.recommending.make = lambda ask: answer(())
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", {"decade": 1950})
        text = text_of(await reply.message())

    assert "Nothing in the catalog fits, starting from your listening" in text


async def test_private_answers_are_seen_by_the_member_alone(world: World) -> None:
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", {"private": True})
        await reply.message()

    assert reply.is_ephemeral
    assert world.discord.visible_messages(JONAS) == []
    assert len(world.discord.visible_messages(MIRA)) == 1


async def test_two_seeds_are_refused_before_any_work(world: World) -> None:
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", {"prompt": "x", "artist": "y"})
        await reply.settled()

    assert "you gave artist and prompt" in text_of(reply.messages[0])
    assert world.recommending.asks == []


async def test_typing_a_title_offers_tracks_of_the_catalog(world: World) -> None:
    async with world.bot():
        choices = await world.discord.complete(MIRA, "recommend", "track", "won")
        reply = await world.discord.use_command(MIRA, "recommend", {"track": choices[1]["value"]})
        await reply.message()

    assert len(choices) == 25
    assert choices[1] == {"name": "won 2 – Somebody", "value": "key:2"}
    assert world.recommending.asks[0].tracks == ("key:2",)


async def test_typing_a_genre_or_a_language_offers_those_of_the_catalog(world: World) -> None:
    async with world.bot():
        genres = await world.discord.complete(MIRA, "recommend", "genre", "roc")
        languages = await world.discord.complete(MIRA, "recommend", "language", "spa")

    assert len(genres) == 25
    assert genres[0] == {"name": "roc 1", "value": "roc 1"}
    assert languages == [{"name": "Spanish", "value": "es"}]


@pytest.mark.parametrize("option", ["track", "genre", "language"])
async def test_failing_completion_offers_nothing(world: World, option: str) -> None:
    world.recommending.error = RuntimeError("the database is away")
    async with world.bot():
        assert await world.discord.complete(MIRA, "recommend", option, "won") == []


async def test_buttons_record_verdicts_after_the_bot_was_restarted(world: World) -> None:
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        message = await reply.message()

    async with world.bot():
        liked = await world.discord.press(JONAS, message["id"], "verdict:like:1")
        disliked = await world.discord.press(JONAS, message["id"], "verdict:dislike:2")
        texts = [text_of(await each.message()) for each in (liked, disliked)]

    assert world.feedback.given == {
        (MemberId(int(JONAS)), TrackKey(1)): Verdict.LIKE,
        (MemberId(int(JONAS)), TrackKey(2)): Verdict.DISLIKE,
    }
    assert texts[0].startswith("👍 Noted: more like **Song 1** by The Night Ferries.")
    assert "👎" in texts[1]
    assert liked.is_ephemeral
    assert disliked.is_ephemeral


async def test_button_is_answered_whatever_discord_tells_of_the_message_it_stands_on(world: World) -> None:
    bare: dict[str, Any] = {"id": "1", "channel_id": "2", "type": 0}
    without_flags = {"content": "", "embeds": [], "attachments": [], "components": []}
    async with world.bot():
        for message in (bare, bare | without_flags, None):
            reply = await press_on(world, message, "verdict:like:1")
            assert text_of(await reply.message()).startswith("👍 Noted")
            assert reply.is_ephemeral


async def test_button_that_the_bot_no_longer_makes_says_what_to_do(world: World) -> None:
    async with world.bot():
        reply = await press_on(world, None, "snooze:1")
        text = text_of(await reply.message())

    assert "Use the command again" in text
    assert reply.is_ephemeral


async def press_on(world: World, message: dict[str, Any] | None, custom_id: str) -> Reply:
    """Press a button as a Discord would tell of it that says only this about its message."""
    inside = world.discord.world
    interaction = inside.open_interaction(COMPONENT, JONAS, custom_id)
    payload = inside.interaction_json(interaction, {"custom_id": custom_id, "component_type": 2})
    await world.discord.gateway.dispatch("INTERACTION_CREATE", payload | ({"message": message} if message else {}))
    return Reply(inside, interaction)


async def test_a_verdict_can_be_taken_back(world: World) -> None:
    async with world.bot():
        cards = await (await world.discord.use_command(MIRA, "recommend")).message()
        confirmation = await (await world.discord.press(MIRA, cards["id"], "verdict:like:1")).message()
        undone = await world.discord.press(MIRA, confirmation["id"], "undo:1")
        text = text_of(await undone.message())

    assert "Forgotten" in text
    assert world.feedback.given == {}


async def test_button_of_a_track_that_is_gone_says_so(world: World) -> None:
    world.feedback.gone = True
    async with world.bot():
        cards = await (await world.discord.use_command(MIRA, "recommend")).message()
        pressed = await world.discord.press(MIRA, cards["id"], "verdict:like:1")
        text = text_of(await pressed.message())

    assert "no longer in the catalog" in text
    assert pressed.is_ephemeral


async def test_more_like_this_starts_from_the_track_of_the_card(world: World) -> None:
    async with world.bot():
        cards = await (await world.discord.use_command(MIRA, "recommend")).message()
    async with world.bot():
        more = await world.discord.press(JONAS, cards["id"], "more:3")
        text = text_of(await more.message())

    assert "Song 5" in text
    assert more.is_ephemeral
    assert (world.recommending.asks[-1].member, world.recommending.asks[-1].tracks) == (int(JONAS), ("key:3",))


ERRORS: list[BotError | RecommenderError] = [
    NotLinkedError(),
    NotFoundInCatalogError("Wonderwal", ("Wonderwall – Oasis",)),
    LoginExpiredError(),
    NeedsRelinkError(),
    QuotaExceededError(datetime.now(UTC) + timedelta(hours=13)),
    SpotifyUnavailableError(),
    EmptyCatalogError(),
    NothingToGoOnError("I know too little of you yet."),
]


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_each_error_gives_one_private_reply(world: World, error: Exception, *, private: bool) -> None:
    world.recommending.error = error
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", {"private": private})
        await asyncio.sleep(0.05)
        await reply.settled()

    assert [text_of(message) for message in reply.messages] == [str(error)]
    assert reply.is_ephemeral
    assert world.discord.visible_messages(JONAS) == []


async def test_unknown_error_gives_an_incident_number_that_is_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.recommending.error = RuntimeError("secret detail")
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        await asyncio.sleep(0.05)
        await reply.settled()

    (message,) = reply.messages
    assert "incident `c0ffee42`" in text_of(message)
    assert "secret detail" not in text_of(message)
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "incident=c0ffee42" in record.getMessage()
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "secret detail"


async def test_error_is_told_in_place_where_discord_does_not_let_us_take_the_thinking_line_back(world: World) -> None:
    world.recommending.error = NotLinkedError()
    world.discord.plan_fault("DELETE", EDIT, server_error(405))
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        text = text_of(await reply.message())

    assert text == str(NotLinkedError())


async def test_command_that_the_bot_no_longer_has_says_what_to_do(world: World) -> None:
    async with world.bot():
        world.discord.commands.append({"id": "1", "name": "old", "type": 1, "description": "gone"})
        reply = await world.discord.use_command(MIRA, "old")
        text = text_of(await reply.message())

    assert "Reload Discord" in text
    assert reply.is_ephemeral


async def test_incident_numbers_differ() -> None:
    assert len({new_incident() for _ in range(100)}) == 100


async def test_error_reply_that_does_not_get_through_is_only_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.recommending.error = NotLinkedError()
    world.discord.plan_fault("PATCH", EDIT, *[lost_request()] * 9)
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", {"private": True})
        await reply.acknowledged()
        await wait_for_log(caplog, "error reply not delivered")

    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


async def test_button_pressed_while_discord_cannot_be_reached_is_only_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with world.bot():
        cards = await (await world.discord.use_command(MIRA, "recommend")).message()
        world.discord.plan_fault("POST", CALLBACK, *[lost_request()] * 9)
        await world.discord.press(MIRA, cards["id"], "verdict:like:1")
        await wait_for_log(caplog, "error reply not delivered")

    assert world.feedback.given == {}


async def wait_for_log(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(10):
        while words not in caplog.text:  # noqa: ASYNC110 -- a log has no event to wait for
            await asyncio.sleep(0.02)


async def test_rate_limit_on_the_answer_is_waited_out(world: World) -> None:
    world.discord.plan_fault("PATCH", EDIT, rate_limited(0.2))
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        assert "Song 1" in text_of(await reply.message())

    assert len(reply.messages) == 1


@pytest.mark.parametrize("fault", [lost_answer(), lost_request()], ids=["answer lost", "request lost"])
@pytest.mark.parametrize(("method", "path"), [("POST", CALLBACK), ("PATCH", EDIT), ("DELETE", EDIT)])
async def test_broken_connection_neither_loses_nor_doubles_the_answer(
    world: World, method: str, path: str, fault: object
) -> None:
    world.refusals_expected = True
    if method == "DELETE":
        world.recommending.error = NotLinkedError()
    world.discord.plan_fault(method, path, fault)  # type: ignore[arg-type]
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        await asyncio.sleep(0.05)
        await reply.settled()

    assert len(reply.messages) == 1
    assert ("Song 1" in text_of(reply.messages[0])) == (method != "DELETE")
    assert len(world.recommending.asks) == 1


async def test_further_message_whose_answer_was_lost_is_not_sent_twice(world: World) -> None:
    world.discord.plan_fault("POST", FOLLOW_UP, lost_answer())
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", {"count": 10})
        await reply.settled(messages=2)
        await asyncio.sleep(0.05)

    assert len(reply.messages) == 2


async def test_server_error_on_the_first_answer_is_tried_again(world: World) -> None:
    world.discord.plan_fault("POST", CALLBACK, server_error(500))
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        assert "Song 1" in text_of(await reply.message())


async def test_answer_that_comes_too_late_is_logged_and_nothing_more(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.refusals_expected = True
    world.discord.plan_fault("POST", CALLBACK, slow(3.2))
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        await reply.settled()
        await asyncio.sleep(0.5)

    assert reply.failed
    assert reply.messages == []
    assert "interaction could not be answered" in caplog.text
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


async def test_command_given_while_the_gateway_was_away_is_answered_after_the_resume(world: World) -> None:
    async with world.bot():
        await world.discord.gateway.disconnect()
        reply = await world.discord.use_command(MIRA, "recommend")
        assert "Song 1" in text_of(await reply.message())

    assert len(world.discord.gateway.sessions) == 1


async def test_bot_reconnects_when_asked_to(world: World) -> None:
    async with world.bot():
        await world.discord.gateway.ask_to_reconnect()
        await asyncio.sleep(0.2)
        reply = await world.discord.use_command(MIRA, "recommend")
        assert "Song 1" in text_of(await reply.message())


async def test_link_gives_a_private_invitation_and_confirms_once_linked(world: World) -> None:
    async with world.bot() as bot:
        reply = await world.discord.use_command(MIRA, "link")
        message = await reply.message()
        lead, paste = buttons_of(message)
        changed = await bot.say_linked(MemberId(int(MIRA)), "mira_on_spotify")
        again = await bot.say_linked(MemberId(int(MIRA)), "mira_on_spotify")

    assert reply.is_ephemeral
    assert lead["url"] == "http://127.0.0.1:8080/link?state=abc"
    assert paste["custom_id"] == "link:paste"
    assert world.linking.names == {MemberId(int(MIRA)): "Mira"}
    assert (changed, again) == (True, False)
    assert r"Linked to Spotify as **mira\_on\_spotify**" in text_of(reply.messages[0])


async def test_link_is_confirmed_although_discords_ids_tell_another_time(world: World) -> None:
    async with world.bot() as bot:
        inside = world.discord.world
        interaction = replace(inside.open_interaction(COMMAND, MIRA, "link"), id="1001")
        inside.interactions[interaction.token] = interaction
        await world.discord.gateway.dispatch(
            "INTERACTION_CREATE", inside.interaction_json(interaction, {"id": "1", "name": "link", "type": 1})
        )
        await Reply(inside, interaction).message()

        assert await bot.say_linked(MemberId(int(MIRA)), "mira_on_spotify")


async def test_link_leads_straight_to_spotify_too_where_our_page_opens_on_one_machine_alone(world: World) -> None:
    world.linking.is_local = True
    async with world.bot():
        message = await (await world.discord.use_command(MIRA, "link")).message()

    assert [button.get("url") for button in buttons_of(message)] == [
        "http://127.0.0.1:8080/link?state=abc", "https://accounts.spotify.com/authorize?state=abc", None,
    ]  # fmt: skip
    assert "From another device" in text_of(message)


async def test_confirmation_that_cannot_be_shown_is_only_logged(world: World) -> None:
    world.refusals_expected = True
    async with world.bot() as bot:
        reply = await world.discord.use_command(MIRA, "link")
        message = await reply.message()
        world.discord.world.delete_message(message["id"])
        assert not await bot.say_linked(MemberId(int(MIRA)), "mira_on_spotify")


async def test_address_can_be_pasted_into_a_form_after_a_restart(world: World) -> None:
    async with world.bot():
        message = await (await world.discord.use_command(MIRA, "link")).message()
    async with world.bot():
        form = await (await world.discord.press(MIRA, message["id"], "link:paste")).settled()
    async with world.bot():
        wrong = await world.discord.submit_modal(MIRA, form.interaction_id, {"address": "http://127.0.0.1/"})
        wrong_text = text_of(await wrong.message())
        right = await world.discord.submit_modal(MIRA, form.interaction_id, {"address": " http://127.0.0.1/?code=1 "})
        right_text = text_of(await right.message())

    assert wrong.is_ephemeral
    assert right.is_ephemeral
    assert wrong_text.startswith("That is not the address Spotify led you to.")
    assert "Linked to Spotify" in right_text
    assert world.linking.linked == {MemberId(int(MIRA)): "http://127.0.0.1/?code=1"}


async def test_unlink_says_what_happened(world: World) -> None:
    world.linking.linked[MemberId(int(MIRA))] = "linked"
    async with world.bot():
        texts = []
        for _ in range(2):
            reply = await world.discord.use_command(MIRA, "unlink")
            texts.append(text_of(await reply.message()))
            assert reply.is_ephemeral

    assert texts[0].startswith("Unlinked.")
    assert texts[1].startswith("There was no Spotify account linked")


async def test_privacy_says_what_sharing_means_and_keeps_what_the_member_chooses(world: World) -> None:
    given: list[dict[str, Any]] = [{}, {"people": "share"}, {}, {"people": "keep"}, {}]
    texts = []
    for options in given:
        async with world.bot():
            reply = await world.discord.use_command(MIRA, "privacy", options)
            texts.append(text_of(await reply.message()))
            assert reply.is_ephemeral

    assert ["You share." in text for text in texts] == [False, True, True, False, False]
    assert all("without your name" in text for text in texts)
    assert "You keep it to yourself" in texts[0]
    assert "/privacy people:keep to myself" in texts[1]


async def test_one_member_chooses_for_nobody_else(world: World) -> None:
    async with world.bot():
        await (await world.discord.use_command(MIRA, "privacy", {"people": "share"})).message()
        other = await world.discord.use_command(JONAS, "privacy")

        assert "You keep it to yourself" in text_of(await other.message())

    assert world.consent.given == {(MemberId(int(MIRA)), Consent.PEOPLE)}


async def test_status_is_for_those_who_manage_the_server(world: World) -> None:
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "status")
        text = text_of(await reply.message())
        with pytest.raises(NotSendable):
            await world.discord.use_command(JONAS, "status")

    assert "**Catalog** 1,000 tracks" in text
    assert reply.is_ephemeral


async def test_no_message_can_mention_anyone(world: World) -> None:
    world.recommending.make = lambda ask: answer(suggestions(1, artists=("@everyone <@1> **x**",)))
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend")
        text = text_of(await reply.message())

    assert r"@everyone \<@1\> \*\*x\*\*" in text
    edits = [each.body for each in world.discord.requests if each.method == "PATCH"]
    assert [body["allowed_mentions"]["parse"] for body in edits] == [[]]


async def test_token_that_discord_does_not_know_is_named_as_a_setting(world: World) -> None:
    world.refusals_expected = True
    world.discord.token = "somebody.elses.token"

    with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
        async with running_bot(world.discord, world.services):
            pass


async def test_token_that_was_reset_while_the_bot_ran_is_named_as_a_setting(world: World) -> None:
    world.refusals_expected = True
    with pointed_at(world.discord):
        serving = asyncio.create_task(
            CratediggerBot(world.services, guild_ready_timeout=0.05).serve(world.discord.token)
        )
        await world.discord.bot_ready()
        await asyncio.sleep(0.1)
        await world.discord.gateway.disconnect(4004)

        with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
            await serving


async def test_discord_that_cannot_be_reached_is_said_in_one_sentence(world: World) -> None:
    world.discord.plan_fault("GET", "/users/@me", *[lost_request()] * 10)

    with pytest.raises(DiscordUnavailableError, match="Discord does not answer"):
        async with running_bot(world.discord, world.services):
            pass


async def test_another_discord_is_accepted_on_loopback_only() -> None:
    with pytest.raises(SettingsError, match="DISCORD_GATEWAY_URL"):
        point_discord_at("http://127.0.0.1:1/api/v10", "ws://gateway.example/")


async def test_mark_of_commands_survives_a_restart_in_the_database(world: World, tmp_path: Path) -> None:
    for _ in range(2):
        pool = BlockingPool(workers=1)
        database = Database.open(f"sqlite:///{tmp_path / 'bot.sqlite'}", Cipher([Cipher.generate_key()]))
        services = replace(world.services, state=KeptState(database, pool))
        async with running_bot(world.discord, services):
            pass
        pool.close()
        database.close()

    assert registrations(world) == 1
