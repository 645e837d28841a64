"""Promises of bringing in songs that the catalog has never met, with real encoders and services over the wire."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.errors import (
    ClosingDownError,
    LinkedSongUnknownError,
    NotFoundInCatalogError,
    SongUnreadableError,
    StillLookingUpError,
)
from bot.playground.content_standin import ARCHIVE, LYRICS, RECORDINGS
from bot.playground.sample_world import page_on_spotify
from bot.services.unseen_tracks import HOW_TO_NAME, IF_ANOTHER, MOST_HINTS, STILL_ASKED, BroughtIn
from bot.settings import Settings
from recommender.encoders.track_text import track_vectors
from recommender.ports import Words
from recommender.types import Fact, Source, TrackFacts, TrackKey
from tests.bot.linking_world import eventually
from tests.bot.lookup_world import (
    MARA,
    SPOTIFYS,
    LookupWorld,
    in_the_open,
    lookup_world,
    spotified,
    stranger,
)
from tests.installation import part_of_the_sample

SONG = stranger("metal")
LINK = page_on_spotify(SONG)
NAME = f"{SONG.facts.title} - {SONG.facts.artists[0]}"
KNOWN = part_of_the_sample().tracks[0]


def key_in(brought: BroughtIn) -> TrackKey:
    [name] = brought.names
    assert name.startswith("key:")
    return TrackKey(int(name.removeprefix("key:")))


def is_searchable(world: LookupWorld, key: TrackKey) -> bool:
    return key in world.core.catalog.index().keys


def count(world: LookupWorld) -> int:
    return world.core.store.count()


async def test_a_link_to_a_new_song_becomes_a_track_that_is_read_and_found(installation: Settings) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,), in_the_open=(in_the_open(SONG),)) as world:
        brought = await world.unseen().bring_in([LINK], None)

        track = world.track(key_in(brought))
        assert (track.title, track.artists, track.spotify_id) == (SONG.facts.title, SONG.facts.artists, SONG.spotify_id)
        assert track.sources[Fact.WORDS] is Source.MUSICBRAINZ
        assert is_searchable(world, track.key)
        [note] = brought.notes
        assert note.startswith(f"“{track.title}” by {track.artists[0]} was new to me: Spotify knew it")
        assert note.endswith("and I read its words and its cover just now.")
        assert world.told == [
            "Looking the song up",
            f"Reading the words and the cover of “{SONG.facts.title}” by {SONG.facts.artists[0]}",
        ]


@pytest.mark.parametrize("has_secret", [True, False])
async def test_what_spotify_says_of_a_song_expires_and_what_musicbrainz_says_stays(
    installation: Settings, *, has_secret: bool
) -> None:
    known = in_the_open(SONG)
    async with lookup_world(
        installation.home, at_spotify=(SONG,), in_the_open=() if has_secret else (known,), has_secret=has_secret
    ) as world:
        key = key_in(await world.unseen().bring_in([NAME], None))

        with world.core.database.reading() as stored:
            expired = stored.expiry.expired(datetime.now(UTC) + timedelta(days=31), 10)
        assert world.track(key).sources[Fact.WORDS] is (Source.SPOTIFY if has_secret else Source.MUSICBRAINZ)
        assert expired == ([key] if has_secret else [])


async def test_what_is_known_is_given_back_as_it_was_named_and_asks_nobody(installation: Settings) -> None:
    names = [KNOWN.facts.title, page_on_spotify(KNOWN), "key:1", "key:99999"]
    async with lookup_world(installation.home) as world:
        brought = await world.unseen().bring_in(names, None)

        assert brought == BroughtIn(names=tuple(names))
        assert world.asked_outside() == []


async def test_several_names_keep_their_order(installation: Settings) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,)) as world:
        brought = await world.unseen().bring_in([KNOWN.facts.title, NAME, "key:1"], None)

    assert (brought.names[0], brought.names[2]) == (KNOWN.facts.title, "key:1")
    assert brought.names[1].startswith("key:")
    assert len(brought.notes) == 1


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        (f"{KNOWN.facts.title}x", HOW_TO_NAME),
        ("Qwrtz Xcvb", HOW_TO_NAME),
        (f"{KNOWN.facts.title}x - {KNOWN.facts.artists[0]}", IF_ANOTHER),
        (f"{KNOWN.facts.title} by {KNOWN.facts.artists[0]}s", IF_ANOTHER),
        (f"{KNOWN.facts.artists[0]} - {KNOWN.facts.title}x", IF_ANOTHER),
    ],
)
async def test_a_title_alone_and_a_slip_of_the_pen_ask_nobody(installation: Settings, typed: str, advice: str) -> None:
    async with lookup_world(installation.home) as world:
        with pytest.raises(NotFoundInCatalogError) as caught:
            await world.unseen().bring_in([typed], None)

        assert world.asked_outside() == []
    assert str(caught.value).endswith(advice)
    label = f"{KNOWN.facts.title} – {KNOWN.facts.artists[0]}"
    assert (caught.value.closest[:1] == (label,)) == (KNOWN.facts.title in typed)
    assert len(set(caught.value.closest)) == len(caught.value.closest) <= MOST_HINTS


async def test_a_song_that_nobody_knows_is_refused_with_the_closest_and_the_reasons(installation: Settings) -> None:
    typed = f"{KNOWN.facts.title} - Nobody Everheard"
    async with lookup_world(installation.home) as world:
        before = count(world)
        with pytest.raises(NotFoundInCatalogError, match=r"LRCLIB does not know it\.$") as caught:
            await world.unseen().bring_in([typed], None)
        with pytest.raises(LinkedSongUnknownError, match=r"Spotify has no such track\. MusicBrainz knows no recording"):
            await world.unseen().bring_in([LINK], None)

        assert count(world) == before
    assert any(KNOWN.facts.title in each for each in caught.value.closest)


async def test_without_token_and_network_the_reasons_say_so(installation: Settings) -> None:
    async with lookup_world(installation.home, has_secret=False) as world:
        world.services.weather.down |= {RECORDINGS, LYRICS, ARCHIVE}
        with pytest.raises(LinkedSongUnknownError) as caught:
            await world.unseen().bring_in([LINK], None)
        with pytest.raises(LinkedSongUnknownError, match="/link"):
            await world.unseen().bring_in([LINK], MARA)

    assert "SPOTIFY_CLIENT_SECRET" in str(caught.value)
    assert "MusicBrainz does not answer" in str(caught.value)


async def test_with_open_alone_spotify_names_the_song_and_no_encoder_reads_it(installation: Settings) -> None:
    async with lookup_world(
        installation.home,
        at_spotify=(SONG,),
        in_the_open=(in_the_open(SONG),),
        says=spotified,
        content_sources="open",
    ) as world:
        brought = await world.unseen().bring_in([LINK], None)

        track = world.track(key_in(brought))
        stored = world.core.catalog.index().vectors_of(np.asarray([track.key]))
        opens = Words(
            title=SONG.facts.title,
            artists=SONG.facts.artists,
            album=SONG.album.name,
            genres=SONG.facts.genres,
            lyrics=None,  # LRCLIB is asked by the name that Spotify gave, which it does not know
        )
        space = world.core.catalog.index().space
        text = world.core.catalog._text
        read = track_vectors(text, [opens])
        with world.core.database.reading() as reading:
            raw = reading.vectors.raw(space.text, space.image, after=TrackKey(track.key - 1), limit=1)

        assert SPOTIFYS not in f"{track.title} {track.artists} {track.album}"
        assert stored.any()
        assert float(raw.text[0] @ read[0]) > 0.999


async def test_a_song_of_which_nothing_may_be_read_is_refused_with_the_reason(installation: Settings) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,), says=spotified, content_sources="open") as world:
        with pytest.raises(SongUnreadableError, match="CONTENT_SOURCES keeps Spotify's from being read"):
            await world.unseen().bring_in([LINK], None)


async def test_services_that_are_down_are_owed_and_the_song_is_read_by_what_spotify_says(
    installation: Settings,
) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,), in_the_open=(in_the_open(SONG),)) as world:
        world.services.weather.down |= {LYRICS, RECORDINGS}
        brought = await world.unseen().bring_in([LINK], None)

        assert brought.notes[1] == STILL_ASKED
        assert key_in(brought) in world.core.content.unasked().tracks
        assert is_searchable(world, key_in(brought))


async def test_services_that_are_down_leave_nothing_to_read_where_spotify_may_not_be(installation: Settings) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,), content_sources="open") as world:
        world.services.weather.down |= {LYRICS, RECORDINGS}

        with pytest.raises(SongUnreadableError, match=r"do not answer at the moment\. Ask me again later"):
            await world.unseen().bring_in([LINK], None)


async def test_a_song_without_a_cover_is_read_by_its_words(installation: Settings) -> None:
    bare = in_the_open(SONG, album=None)
    async with lookup_world(installation.home, in_the_open=(bare,), has_secret=False) as world:
        brought = await world.unseen().bring_in([NAME], None)

    assert brought.notes[0].endswith("MusicBrainz knew it, and I read its words just now; it has no cover.")


async def test_another_link_to_a_recording_of_the_catalog_leads_to_that(installation: Settings) -> None:
    single = "1234567890123456789012"
    async with lookup_world(
        installation.home, at_spotify=(KNOWN,), says=lambda track: replace(track, spotify_id=single)
    ) as world:
        before = count(world)

        brought = await world.unseen().bring_in([f"https://open.spotify.com/track/{single}"], None)

        assert world.track(key_in(brought)).spotify_id == KNOWN.spotify_id
        assert brought.notes == ()
        assert count(world) == before


async def test_a_track_that_waits_in_a_backlog_is_read_before_its_turn(installation: Settings) -> None:
    backlog = [
        TrackFacts(title=f"Waiting Song {number}", artists=("The Queue",), sources={Fact.WORDS: Source.DATASET})
        for number in range(600)
    ]
    async with lookup_world(installation.home) as world:
        with world.core.database.transaction() as stored:
            keys = [each.key for each in stored.tracks.add_or_merge(backlog)]

        brought = await world.unseen().bring_in(["Waiting Song 300"], None)

        assert brought == BroughtIn(names=("Waiting Song 300",))
        assert is_searchable(world, keys[300])
        assert world.core.catalog.unread() == 599


async def test_a_member_is_told_when_it_takes_long_and_the_work_goes_on(installation: Settings) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,), in_the_open=(in_the_open(SONG),)) as world:
        world.spotify.weather.delay_s = 0.5
        unseen = world.unseen(patience=timedelta(seconds=0.2))

        with pytest.raises(StillLookingUpError, match="Ask me again"):
            await unseen.bring_in([LINK], MARA)
        with pytest.raises(StillLookingUpError):
            await unseen.bring_in([LINK], MARA)
        await eventually(lambda: not unseen._under_way)
        asked = world.asked_outside()

        assert (await unseen.bring_in([LINK], MARA)).names == (LINK,)
        assert asked.count(f"/v1/tracks/{SONG.spotify_id}") == 1


async def test_what_is_under_way_is_given_up_when_the_bot_stops(installation: Settings) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,)) as world:
        world.spotify.weather.delay_s = 0.5
        unseen = world.unseen()
        asking = asyncio.create_task(unseen.bring_in([LINK], None))
        await eventually(lambda: unseen._under_way)

        await unseen.close()

        with pytest.raises(asyncio.CancelledError):
            await asking
        assert unseen._under_way == {}


async def test_a_catalog_that_is_being_closed_reads_nothing_more(installation: Settings) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,)) as world:
        world.core.catalog.index()
        world.core.catalog.close()

        with pytest.raises(ClosingDownError):
            await world.unseen().bring_in([LINK], None)


async def test_an_empty_catalog_asks_nobody(tmp_path: Path) -> None:
    async with lookup_world(tmp_path / "empty", at_spotify=(SONG,)) as world:
        brought = await world.unseen().bring_in([LINK, NAME], None)

        assert brought == BroughtIn(names=(LINK, NAME))
        assert world.asked_outside() == []


async def test_a_rebuild_under_way_keeps_nobody_waiting_and_loses_nothing(installation: Settings) -> None:
    async with lookup_world(installation.home, at_spotify=(SONG,), in_the_open=(in_the_open(SONG),)) as world:
        catalog = world.core.catalog
        old = catalog.index()
        reached, go_on = threading.Event(), threading.Event()

        def pause(done: int, total: int) -> None:
            if done == total:  # everything has been read
                reached.set()
                go_on.wait(60)

        rebuilding = asyncio.create_task(world.blocking.run(catalog.rebuild, pause))
        await eventually(reached.is_set)
        key = key_in(await world.unseen().bring_in([LINK], None))
        is_old_still = catalog.index() is old
        go_on.set()
        new = await rebuilding

        assert is_old_still
        assert key in old.keys
        assert new is catalog.index()
        assert key in new.keys
