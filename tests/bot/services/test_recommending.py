"""Promises of recommending, on a real catalog with real vectors."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.background import BlockingPool
from bot.errors import NotFoundInCatalogError, NotLinkedError
from bot.services.asks import Ask, By
from bot.services.recommending import RecommendingService
from bot.services.starts import NO_REPEAT_FOR
from bot.settings import Settings
from bot.wiring import Core, open_core
from recommender.errors import NothingToGoOnError
from recommender.types import Feedback, Filters, MemberId, Signal, SignalKind, Source, Track, TrackKey, Verdict

MARA = MemberId(101)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class World:
    """A recommending service whose clock the test moves."""

    def __init__(self, core: Core, blocking: BlockingPool) -> None:
        self.core = core
        self.at = NOW
        self.library: list[MemberId] = []
        self.recommending = RecommendingService(
            core.database, core.catalog, core.recommender_for, blocking, now=lambda: self.at, library=self
        )

    async def bring_up_to_date(self, member: MemberId, /) -> tuple[str, ...]:
        self.library.append(member)
        return ("Spotify was asked.",)

    def tracks(self, genre: str) -> list[Track]:
        keys = self.core.store.keys_matching(Filters(genre=genre))
        return list(self.core.store.tracks(TrackKey(int(key)) for key in keys).values())

    def plays(self, *tracks: Track, member: MemberId = MARA) -> None:
        signals = [
            Signal(track=track.key, kind=SignalKind.PLAY, at=NOW - timedelta(days=1), count=5) for track in tracks
        ]
        with self.core.database.transaction() as stored:
            stored.signals.record(member, signals, Source.SPOTIFY)

    def says(self, verdict: Verdict, track: TrackKey, member: MemberId = MARA) -> None:
        with self.core.database.transaction() as stored:
            stored.feedback.record(Feedback(member=member, track=track, verdict=verdict, given_at=NOW))


@pytest.fixture
def world(installation: Settings) -> Iterator[World]:
    blocking = BlockingPool(workers=1)
    with open_core(installation) as core:
        yield World(core, blocking)
    blocking.close()


async def test_a_song_leads_to_ten_others_whose_parts_add_up(world: World) -> None:
    seed = world.tracks("folk")[0]

    answer = await world.recommending.recommend(Ask(tracks=(seed.title,)))

    suggestions = answer.recommendation.suggestions
    assert len(suggestions) == 10
    assert len({each.track.key for each in suggestions} - {seed.key}) == 10
    assert answer.seed_label == f"“{seed.title}” by {seed.artists[0]}"
    for each in suggestions:
        assert sum(each.parts.as_dict().values()) == pytest.approx(each.score, abs=1e-9)
        assert each.reason


@pytest.mark.parametrize(
    "form", ["{title}", "{title} - {artist}", "key:{key}", "https://open.spotify.com/track/{id}?si=x"]
)
async def test_a_song_is_named_by_title_key_or_spotify_link(world: World, form: str) -> None:
    track = world.tracks("metal")[0]
    named = form.format(title=track.title, artist=track.artists[0], key=track.key, id=track.spotify_id)

    answer = await world.recommending.recommend(Ask(tracks=(named,), count=1))

    assert answer.seed["tracks"] == [
        {"key": track.key, "spotify_id": track.spotify_id, "title": track.title, "artists": list(track.artists)}
    ]


async def test_an_unknown_title_brings_the_closest(world: World) -> None:
    track = world.tracks("metal")[0]

    with pytest.raises(NotFoundInCatalogError) as caught:
        await world.recommending.recommend(Ask(tracks=(f"{track.title}x",)))

    assert any(track.title in closest for closest in caught.value.closest)


async def test_a_title_that_resembles_nothing_is_not_blamed_on_an_empty_catalog(world: World) -> None:
    with pytest.raises(NotFoundInCatalogError) as caught:
        await world.recommending.recommend(Ask(tracks=("zzzzzz",)))

    assert str(caught.value) == "Nothing in the catalog is called “zzzzzz”. Nothing there comes close, either."


async def test_an_unknown_artist_brings_the_closest(world: World) -> None:
    artist = world.tracks("jazz")[0].artists[0]

    with pytest.raises(NotFoundInCatalogError) as caught:
        await world.recommending.recommend(Ask(artist=f"{artist}x"))

    assert artist in caught.value.closest


async def test_an_artist_leads_to_others_of_the_kind(world: World) -> None:
    artist = world.tracks("metal")[0].artists[0]

    answer = await world.recommending.recommend(Ask(artist=artist, count=5))

    genres = [genre for each in answer.recommendation.suggestions for genre in each.track.genres]
    assert genres.count("metal") >= 3
    assert answer.seed == {"kind": "artist", "artist": artist}


async def test_a_text_finds_songs_about_it_and_says_so(world: World) -> None:
    answer = await world.recommending.recommend(Ask(prompt="lullaby for a sleeping child", count=5))

    suggestions = answer.recommendation.suggestions
    assert sum("lullaby" in each.track.genres for each in suggestions) >= 3
    assert "lullaby for a sleeping child" in suggestions[0].reason


async def test_a_cover_picture_finds_albums_that_look_like_it(world: World, installation: Settings) -> None:
    seed = world.tracks("techno")[0]
    picture = (installation.home / "covers" / f"{seed.spotify_album_id}.jpg").read_bytes()

    answer = await world.recommending.recommend(Ask(cover=picture, by=By.COVER, count=6))

    assert sum("techno" in each.track.genres for each in answer.recommendation.suggestions) >= 4


async def test_for_me_is_made_of_what_i_listen_to_without_what_i_know(world: World) -> None:
    heard = world.tracks("folk")[:4]
    world.plays(*heard)

    answer = await world.recommending.recommend(Ask(member=MARA, count=5))

    suggested = [each.track for each in answer.recommendation.suggestions]
    assert not {track.key for track in suggested} & {track.key for track in heard}
    assert sum("folk" in track.genres for track in suggested) >= 3
    assert answer.notes[0] == "Spotify was asked."
    assert world.library == [MARA]


async def test_for_me_without_anything_known_says_what_to_do(world: World) -> None:
    with pytest.raises(NotLinkedError, match="/link"):
        await world.recommending.recommend(Ask(member=MARA))


async def test_likes_alone_are_enough_for_me(world: World) -> None:
    for track in world.tracks("metal")[:3]:
        world.says(Verdict.LIKE, track.key)

    answer = await world.recommending.recommend(Ask(member=MARA, count=5))

    assert sum("metal" in each.track.genres for each in answer.recommendation.suggestions) >= 3


async def test_asking_again_digs_further_until_the_time_is_over(world: World) -> None:
    ask = Ask(member=MARA, tracks=(world.tracks("folk")[0].title,), count=5)

    first = {each.track.key for each in (await world.recommending.recommend(ask)).recommendation.suggestions}
    second = {each.track.key for each in (await world.recommending.recommend(ask)).recommendation.suggestions}
    world.at += NO_REPEAT_FOR + timedelta(minutes=1)
    later = {each.track.key for each in (await world.recommending.recommend(ask)).recommendation.suggestions}

    assert not first & second
    assert first == later


async def test_what_a_suggestion_came_from_is_remembered_so_that_verdicts_can_be_counted(world: World) -> None:
    world.plays(*world.tracks("metal")[:3])
    words = await world.recommending.recommend(Ask(member=MARA, count=5, by=By.WORDS, mix=0.0))
    sound = await world.recommending.recommend(Ask(member=MARA, count=5, by=By.SOUND, mix=0.0))
    liked = words.recommendation.suggestions[0].track.key
    world.says(Verdict.LIKE, liked)

    with world.core.database.reading() as stored:
        by_modality = stored.suggestions.received_by_modality(NOW)
        by_source = stored.suggestions.received_by_source(NOW)

    largest = Counter(
        max(parts, key=lambda name: parts[name])
        for answer in (words, sound)
        for parts in (each.parts.as_dict() for each in answer.recommendation.suggestions)
    )
    assert {each.name: each.suggested for each in by_modality} == largest
    assert {"text", "audio"} <= set(largest)
    assert sum(each.liked for each in by_modality) == 1
    came_from = Counter(each.source for answer in (words, sound) for each in answer.recommendation.suggestions)
    assert {each.name: each.suggested for each in by_source} == came_from
    assert sum(each.liked for each in by_source) == 1


async def test_a_dislike_takes_a_track_and_its_like_down(world: World) -> None:
    world.plays(*world.tracks("folk")[:3], *world.tracks("metal")[:3])
    ask = Ask(member=MARA, count=8)
    before = (await world.recommending.recommend(ask)).recommendation.suggestions
    disliked = next(each.track for each in before if "metal" in each.track.genres)

    world.says(Verdict.DISLIKE, disliked.key)
    world.at += NO_REPEAT_FOR + timedelta(minutes=1)
    after = (await world.recommending.recommend(ask)).recommendation.suggestions

    assert disliked.key not in {each.track.key for each in after}
    assert min(each.parts.dislikes for each in after) < 0
    assert all(each.parts.dislikes == 0 for each in before)


async def test_a_filter_that_leaves_few_is_said(world: World) -> None:
    seed = world.tracks("folk")[0]
    few = Filters(decade=1960, genre="folk")
    expected = len(set(world.core.store.keys_matching(few).tolist()) - {seed.key})

    answer = await world.recommending.recommend(Ask(tracks=(seed.title,), count=100, filters=few))

    assert len(answer.recommendation.suggestions) <= expected
    assert "the filters leave no more" in answer.notes[-1]


async def test_no_seed_and_no_member_is_refused(world: World) -> None:
    with pytest.raises(NothingToGoOnError, match="Name a song"):
        await world.recommending.recommend(Ask())


async def test_autocomplete_goes_on_from_what_was_typed(world: World) -> None:
    track = world.tracks("jazz")[0]

    choices = await world.recommending.complete_title(track.title[:5])

    assert track.key in {choice.key for choice in choices}
    assert all(len(choice.label) <= 100 for choice in choices)
    assert 0 < len(choices) <= 25
    assert len(await world.recommending.complete_title("")) == 25


async def test_a_roll_comes_again_by_its_number_and_the_best_list_digs_further(world: World) -> None:
    async def keys(roll: int) -> list[int]:
        ask = Ask(member=MARA, tracks=(world.tracks("folk")[0].title,), count=5, roll=roll)
        return [each.track.key for each in (await world.recommending.recommend(ask)).recommendation.suggestions]

    best = await keys(0)
    rolled = await keys(4711)

    assert not set(best) & set(rolled)
    assert await keys(4711) == rolled
    assert not set(await keys(0)) & {*best, *rolled}


async def test_a_language_and_what_is_not_known_are_part_of_the_answer(world: World) -> None:
    answer = await world.recommending.recommend(Ask(prompt="rain", language="english", filters=Filters(explicit=False)))

    languages = {each.track.language for each in answer.recommendation.suggestions}
    assert languages == {"en"}
    assert answer.recommendation.novelty is not None
    [note] = answer.notes
    assert note.endswith("tracks of the catalog have no known language: they are left out.")


async def test_genres_and_languages_are_completed_from_the_catalog(world: World) -> None:
    assert "folk" in {each.value for each in await world.recommending.complete_genre("fol")}
    assert [each.value for each in await world.recommending.complete_language("eng")] == ["en"]
