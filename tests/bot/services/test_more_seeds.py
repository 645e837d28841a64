"""Albums, playlists, other members, groups, blends and paths, on a real catalog with real vectors."""

from dataclasses import replace
from itertools import pairwise

import pytest

from bot.errors import TasteKeptError
from bot.services.asks import Ask, By, Method, Person
from bot.services.recommending import RecommendingService
from bot.services.spotify_playlists import ReadPlaylist, SpotifyPlaylists
from recommender.errors import NothingToGoOnError
from recommender.types import Filters, MemberId, TrackKey, Verdict
from storage.values import Consent, PlaylistFacts
from tests.bot.services.test_recommending import MARA, NOW, World, world

__all__ = ["world"]

JONAS = Person(member=MemberId(202), name="Jonas")


async def suggested(world: World, ask: Ask) -> list[TrackKey]:
    answer = await world.recommending.recommend(ask)
    for each in answer.recommendation.suggestions:
        assert sum(each.parts.as_dict().values()) == pytest.approx(each.score, abs=1e-6)
        assert each.reason
    return [each.track.key for each in answer.recommendation.suggestions]


def of_genre(world: World, genre: str, keys: list[TrackKey]) -> int:
    return len({track.key for track in world.tracks(genre)} & set(keys))


async def test_an_album_leads_to_its_kind_and_never_to_itself(world: World) -> None:
    track = next(track for track in world.tracks("metal") if track.album)
    own = {each.key for each in world.tracks("metal") if each.album == track.album}

    keys = await suggested(world, Ask(album=f"{track.album} - {track.artists[0]}", count=5))

    assert not own & set(keys)
    assert of_genre(world, "metal", keys) >= 4


async def test_a_playlist_of_a_file_leads_to_its_kind(world: World) -> None:
    own = [track.key for track in world.tracks("folk")[:4]]
    with world.core.database.transaction() as stored:
        key = stored.playlists.add(PlaylistFacts(source_id="37i9", name="Campfire"))
        stored.playlists.add_entries(key, own)

    keys = await suggested(world, Ask(playlist="campfire", count=5))

    assert not set(own) & set(keys)
    assert of_genre(world, "folk", keys) >= 4


async def test_albums_and_playlists_are_completed(world: World) -> None:
    with world.core.database.transaction() as stored:
        key = stored.playlists.add(PlaylistFacts(source_id="37i9", name="Campfire"))
        stored.playlists.add_entries(key, [world.tracks("folk")[0].key])
    album = next(track.album for track in world.tracks("metal") if track.album)

    albums = await world.recommending.complete_album(album[:6])
    playlists = await world.recommending.complete_playlist("camp")

    assert album in {choice.label.partition(" – ")[0] for choice in albums}
    assert [(choice.label, choice.value) for choice in playlists] == [("Campfire · 1 ♫", f"playlist:{key}")]
    assert (await world.recommending.recommend(Ask(album=albums[0].value, count=1))).seed["kind"] == "album"


async def test_like_two_songs_and_not_like_a_third(world: World) -> None:
    metal, folk, unlike = world.tracks("metal")[0], world.tracks("folk")[0], world.tracks("metal")[3]
    ask = Ask(tracks=(metal.title, folk.title), count=8)

    answer = await world.recommending.recommend(replace(ask, unlike=(f"key:{unlike.key}",)))

    keys = [each.track.key for each in answer.recommendation.suggestions]
    assert unlike.key not in keys
    assert min(each.parts.dislikes for each in answer.recommendation.suggestions) < 0
    assert f"not like “{unlike.title}” by {unlike.artists[0]}" in answer.seed_label
    assert of_genre(world, "folk", keys) >= 2


async def test_an_artist_named_as_unlike_does_not_come_back(world: World) -> None:
    seed = world.tracks("metal")[0]
    usual = await world.recommending.recommend(Ask(tracks=(f"key:{seed.key}",), count=20))
    artists = [each.track.artists[0] for each in usual.recommendation.suggestions]
    artist = next(each for each in artists if each not in seed.artists)

    answer = await world.recommending.recommend(Ask(tracks=(f"key:{seed.key}",), unlike=(artist,), count=20))

    assert artist not in {name for each in answer.recommendation.suggestions for name in each.track.artists}


async def test_another_members_taste_is_started_from_once_they_agreed(world: World) -> None:
    theirs = world.tracks("jazz")[:4]
    world.plays(*theirs, member=JONAS.member)
    world.plays(*world.tracks("metal")[:2])
    ask = Ask(member=MARA, other=JONAS, count=5)
    with pytest.raises(TasteKeptError):
        await world.recommending.recommend(ask)

    with world.core.database.transaction() as stored:
        stored.consents.give(JONAS.member, Consent.TASTE, NOW)
    answer = await world.recommending.recommend(ask)

    suggestions = answer.recommendation.suggestions
    assert of_genre(world, "jazz", [each.track.key for each in suggestions]) >= 3
    assert not {track.key for track in theirs} & {each.track.key for each in suggestions}
    assert any("in Jonas's listening" in each.reason for each in suggestions)
    assert world.library == []


async def test_a_list_for_two_leaves_nobody_behind(world: World) -> None:
    world.plays(*world.tracks("jazz")[:4], member=JONAS.member)
    world.plays(*world.tracks("metal")[:4])
    with world.core.database.transaction() as stored:
        stored.consents.give(JONAS.member, Consent.TASTE, NOW)

    answer = await world.recommending.recommend(Ask(member=MARA, group=(JONAS,), count=8))

    keys = [each.track.key for each in answer.recommendation.suggestions]
    assert of_genre(world, "jazz", keys) >= 2
    assert of_genre(world, "metal", keys) >= 2
    assert [each.name for each in answer.recommendation.happiness] == ["Jonas", None]
    assert all(0.3 < each.share <= 1 for each in answer.recommendation.happiness)
    with world.core.database.reading() as stored:
        assert stored.suggestions.recent(MARA, NOW) == set(keys)
        assert stored.suggestions.recent(JONAS.member, NOW) == set()


async def test_a_path_goes_from_one_song_to_the_other(world: World) -> None:
    first, last = world.tracks("metal")[0], world.tracks("lullaby")[0]

    answer = await world.recommending.recommend(Ask(member=MARA, path=(f"key:{first.key}", f"key:{last.key}"), count=6))

    found = answer.recommendation.suggestions
    assert [found[0].track.key, found[-1].track.key] == [first.key, last.key]
    assert len(found) == 6
    assert all(one.track.artists[0] != other.track.artists[0] for one, other in pairwise(found))
    assert all(other.because_of == one.track.key for one, other in pairwise(found))
    assert answer.recommendation.novelty is None
    with world.core.database.reading() as stored:
        assert stored.suggestions.recent(MARA, NOW) == {each.track.key for each in found[1:-1]}


async def test_a_path_comes_again_and_keeps_off_what_is_disliked(world: World) -> None:
    ends = (f"key:{world.tracks('metal')[0].key}", f"key:{world.tracks('lullaby')[0].key}")
    ask = Ask(member=MARA, path=ends, count=5)

    first, second = await suggested(world, ask), await suggested(world, ask)
    world.says(Verdict.DISLIKE, first[2])

    assert first == second
    assert first[2] not in await suggested(world, ask)


async def test_filters_hold_between_the_ends_of_a_path(world: World) -> None:
    ends = (f"key:{world.tracks('metal')[0].key}", f"key:{world.tracks('lullaby')[0].key}")

    keys = await suggested(world, Ask(path=ends, count=4, filters=Filters(genre="folk")))

    assert of_genre(world, "folk", keys[1:-1]) == len(keys) - 2


async def test_a_path_goes_by_no_people(world: World) -> None:
    ends = (f"key:{world.tracks('metal')[0].key}", f"key:{world.tracks('lullaby')[0].key}")

    with pytest.raises(NothingToGoOnError, match="words, cover and sound"):
        await world.recommending.recommend(Ask(path=ends, by=By.PEOPLE))


@pytest.mark.parametrize("asked", [{"unlike": ("key:1",)}, {"path": True}])
async def test_the_mean_vector_says_what_it_cannot(world: World, asked: dict[str, object]) -> None:
    one, other = world.tracks("metal")[:2]
    names = (f"key:{one.key}", f"key:{other.key}")
    ask = Ask(path=names) if asked.get("path") else Ask(tracks=names[:1], unlike=names[1:])

    with pytest.raises(NothingToGoOnError, match="mean vector"):
        await world.recommending.recommend(replace(ask, method=Method.MEAN))


class OnePlaylist(SpotifyPlaylists):
    """Spotify, as far as one playlist goes."""

    def __init__(self, playlist: ReadPlaylist) -> None:
        self.playlist = playlist
        self.asked: list[tuple[str, MemberId | None]] = []

    async def read(self, playlist_id: str, member: MemberId | None) -> ReadPlaylist:
        self.asked.append((playlist_id, member))
        return self.playlist


@pytest.mark.parametrize("is_in_the_loop", [True, False])
async def test_a_playlist_on_spotify_is_read_as_the_member_who_asks(world: World, *, is_in_the_loop: bool) -> None:
    link = "https://open.spotify.com/playlist/37i9dQZF1DX4sWSpwq3LiO"
    playlists = OnePlaylist(ReadPlaylist(spotify_id="37i9dQZF1DX4sWSpwq3LiO", tracks=tuple(world.tracks("folk")[:3])))
    recommending = RecommendingService(
        world.core.database,
        world.core.catalog,
        world.core.recommender_for,
        world.recommending._blocking,
        now=lambda: NOW,
        playlists=playlists,
    )
    ask = Ask(member=MARA, playlist=link, count=5)

    if is_in_the_loop:
        answer = await recommending.recommend(ask)
    else:
        answer = await world.recommending._blocking.run(recommending.answer, ask)

    assert playlists.asked == [("37i9dQZF1DX4sWSpwq3LiO", MARA)]
    assert answer.seed_label == "your Spotify playlist"
    assert of_genre(world, "folk", [each.track.key for each in answer.recommendation.suggestions]) >= 3
