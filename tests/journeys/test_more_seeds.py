"""Albums, playlists, other members, groups, blends and paths on Discord: the real client over real sockets."""

from dataclasses import replace
from typing import Any

import pytest

from bot.errors import TasteKeptError
from bot.playground.discord_standin_commands import NotSendable
from bot.playground.discord_standin_reply import text_of
from bot.services.asks import Answer, Ask, By, Person
from recommender.types import Filters, Happiness, MemberId
from storage.values import Consent
from tests.wire.bot_on_discord import JONAS, MIRA, World, answer, suggestions

AIKO = "1000000000000000003"
JONAS_AS_PERSON = Person(member=MemberId(int(JONAS)), name="Jonas")
AIKO_AS_PERSON = Person(member=MemberId(int(AIKO)), name="Aiko")


async def asked(world: World, command: str, options: dict[str, Any]) -> Ask:
    """Return what the service was asked when Mira used a command."""
    async with world.bot():
        reply = await world.discord.use_command(MIRA, command, options)
        await reply.settled()
    (ask,) = world.recommending.asks
    return ask


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"album": "album:4"}, {"album": "album:4"}),
        ({"playlist": "Rainy Days"}, {"playlist": "Rainy Days"}),
        ({"track": "key:1", "also": "key:2"}, {"tracks": ("key:1", "key:2")}),
        ({"also": "key:2"}, {"tracks": ("key:2",)}),
        ({"track": "key:1", "unlike": "Oasis"}, {"tracks": ("key:1",), "unlike": ("Oasis",)}),
        ({"unlike": "key:3"}, {"unlike": ("key:3",)}),
        ({"with": JONAS}, {"other": JONAS_AS_PERSON}),
    ],
)
async def test_new_ways_to_start_reach_the_service(
    world: World, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    ask = await asked(world, "recommend", options)

    usual = Ask(member=MemberId(int(MIRA)), count=5)
    assert ask == replace(usual, **expected)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"with": JONAS, "prompt": "rain"}, "prompt and with"),
        ({"album": "a", "playlist": "b"}, "album and playlist"),
        ({"also": "a", "artist": "b"}, "track and artist"),
    ],
)
async def test_two_ways_to_start_are_refused_before_any_work(world: World, options: dict[str, Any], named: str) -> None:
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "recommend", options)
        await reply.settled()

    assert f"you gave {named}" in text_of(reply.messages[0])
    assert world.recommending.asks == []


async def test_a_path_reaches_the_service_with_both_ends(world: World) -> None:
    given = {"from": "key:1", "to": "Copper Rain", "count": 6, "by": "sound", "genre": "folk", "roll": 7}

    ask = await asked(world, "path", given)

    assert ask == Ask(
        member=MemberId(int(MIRA)),
        path=("key:1", "Copper Rain"),
        count=6,
        by=By.SOUND,
        filters=Filters(genre="folk"),
        roll=7,
    )


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("path", {"from": "a"}),
        ("path", {"from": "a", "to": "b", "count": 2}),
        ("path", {"from": "a", "to": "b", "by": "people"}),
        ("together", {}),
        ("together", {"with": "Jonas", "count": 21}),
    ],
)
async def test_what_a_command_needs_cannot_be_left_out(world: World, command: str, options: dict[str, Any]) -> None:
    async with world.bot():
        with pytest.raises(NotSendable):
            await world.discord.use_command(MIRA, command, options)


async def test_a_path_is_headed_as_one(world: World) -> None:
    def way(ask: Ask) -> Answer:
        return replace(answer(suggestions(3), label="“A” by X to “B” by Y"), seed={"kind": "path"})

    world.recommending.make = way
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "path", {"from": "A", "to": "B"})
        text = text_of(await reply.message())

    assert text.startswith("## From song to song\n-# “A” by X to “B” by Y")


async def test_a_list_for_several_names_them_and_says_how_happy_each_is(world: World) -> None:
    def together(ask: Ask) -> Answer:
        happiness = (
            Happiness(member=MemberId(int(JONAS)), name="Jonas", share=0.875),
            Happiness(member=MemberId(int(MIRA)), name=None, share=0.9),
        )
        found = answer(suggestions(2), label="what Jonas and you listen to")
        return replace(found, recommendation=replace(found.recommendation, happiness=happiness))

    world.recommending.make = together
    async with world.bot():
        reply = await world.discord.use_command(MIRA, "together", {"with": JONAS, "and": AIKO, "unlike": "Oasis"})
        text = text_of(await reply.message())

    (ask,) = world.recommending.asks
    assert ask.group == (JONAS_AS_PERSON, AIKO_AS_PERSON)
    assert (ask.member, ask.unlike, ask.count) == (MemberId(int(MIRA)), ("Oasis",), 10)
    assert "starting from what Jonas and you listen to" in text
    assert r"how happy: Jonas 88 %, you 90 % \(100 % is a list of one's own\)" in text


@pytest.mark.parametrize(("command", "private"), [("recommend", False), ("together", True)])
async def test_a_member_who_has_not_agreed_is_named_in_private(world: World, command: str, *, private: bool) -> None:
    world.recommending.error = TasteKeptError(("Jonas",))
    async with world.bot():
        reply = await world.discord.use_command(MIRA, command, {"with": JONAS, "private": private})
        await reply.settled()

    assert text_of(reply.messages[0]) == (
        "Jonas has not agreed that others start from their taste. They can, with `/privacy taste:share`."
    )
    assert reply.is_ephemeral


async def test_typing_offers_tracks_albums_playlists_and_genres(world: World) -> None:
    async with world.bot():
        offered = {
            (command, option): await world.discord.complete(MIRA, command, option, "har")
            for command, option in (
                ("recommend", "also"),
                ("recommend", "unlike"),
                ("recommend", "album"),
                ("recommend", "playlist"),
                ("path", "from"),
                ("path", "to"),
                ("path", "genre"),
                ("together", "unlike"),
                ("together", "genre"),
            )
        }

    assert offered["recommend", "album"] == [{"name": "har Songs – Somebody", "value": "album:1"}]
    assert offered["recommend", "playlist"] == [{"name": "har (3 songs)", "value": "playlist:1"}]
    for where in (("recommend", "also"), ("recommend", "unlike"), ("path", "from"), ("path", "to"),
                  ("together", "unlike")):  # fmt: skip
        assert offered[where][0] == {"name": "har 1 – Somebody", "value": "key:1"}
        assert len(offered[where]) == 25
    assert offered["path", "genre"] == offered["together", "genre"]
    assert offered["path", "genre"][0] == {"name": "har 1", "value": "har 1"}


@pytest.mark.parametrize(("command", "option"), [("recommend", "album"), ("recommend", "playlist"), ("path", "from")])
async def test_failing_completion_offers_nothing(world: World, command: str, option: str) -> None:
    world.recommending.error = RuntimeError("the database is away")
    async with world.bot():
        assert await world.discord.complete(MIRA, command, option, "har") == []


async def test_typing_goes_on_beside_a_member_who_was_picked(world: World) -> None:
    async with world.bot():
        offered = await world.discord.complete(MIRA, "together", "genre", "fo", {"with": JONAS})

    assert offered[0] == {"name": "fo 1", "value": "fo 1"}


async def test_a_person_who_is_not_here_cannot_be_picked(world: World) -> None:
    async with world.bot():
        with pytest.raises(NotSendable):
            await world.discord.use_command(MIRA, "recommend", {"with": "77"})


async def test_privacy_opens_and_closes_ones_taste_and_leaves_the_rest_as_it_was(world: World) -> None:
    given: list[dict[str, Any]] = [{}, {"taste": "share"}, {"people": "share"}, {"taste": "keep"}]
    texts = []
    for options in given:
        async with world.bot():
            reply = await world.discord.use_command(MIRA, "privacy", options)
            texts.append(text_of(await reply.message()))
            assert reply.is_ephemeral

    assert ["Your taste is open to them." in text for text in texts] == [False, True, True, False]
    assert ["You share." in text for text in texts] == [False, False, True, True]
    assert all("never all that you play" in text for text in texts)
    assert world.consent.given == {(MemberId(int(MIRA)), Consent.PEOPLE)}
