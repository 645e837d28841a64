from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.errors import ContentBusyError, ContentUnavailableError
from bot.gateways import musicbrainz
from bot.gateways.http import Http, user_agent
from bot.gateways.musicbrainz import MusicBrainz
from bot.playground.content_standin import RECORDINGS, ContentStandIn, StandInSong
from recommender.types import ReleaseDate
from tests.bot.content_world import a_song, running


@contextmanager
def encyclopedia(*songs: StandInSong) -> Iterator[tuple[MusicBrainz, ContentStandIn]]:
    stand_in = ContentStandIn(songs)
    with running(stand_in):
        http = Http(musicbrainz.SERVICE, user_agent=user_agent("test"), trusted=(stand_in.base,))
        try:
            yield MusicBrainz(stand_in.base, http), stand_in
        finally:
            http.close()
    assert stand_in.problems == []


def test_a_recording_is_found_by_its_code() -> None:
    song = a_song()
    with encyclopedia(song) as (source, _):
        found = source.recording("Some other spelling", "Somebody", isrc="XXA012600001")

    assert found is not None
    assert (found.title, found.artists, found.album) == ("Paper Lanterns", ("Ilse Varga",), "Night Ferry")
    assert (found.mbid, found.releases, found.isrcs) == (song.recording_id, (song.release_id,), ("XXA012600001",))
    assert (found.released, found.duration_ms) == (ReleaseDate(2019, 5, 3), 200_000)
    assert found.genres == ("dream pop", "electronic")


def test_of_several_recordings_with_one_code_the_right_title_counts_then_the_length() -> None:
    other = a_song("Paper Boats", duration_ms=200_000)
    long, short = a_song(duration_ms=260_000), a_song(duration_ms=203_000)
    with encyclopedia(other, long, short) as (source, _):
        found = source.recording("Paper Lanterns", "Ilse Varga", isrc="XXA012600001", duration_ms=202_000)

    assert found is not None
    assert found.mbid == short.recording_id


def test_without_a_code_name_artist_version_and_length_decide() -> None:
    live = a_song("Paper Lanterns (Live)", isrc=None)
    long = a_song(isrc=None, duration_ms=300_000, released=None)
    right = a_song('Paper "Lanterns"', isrc=None, duration_ms=201_000)
    with encyclopedia(live, long, right) as (source, _):
        found = source.recording('Paper "Lanterns"', "Ilse Varga", isrc="XXA012600009", duration_ms=200_000)
        unknown = source.named("Paper Lanterns", "Somebody Else")
        longer = source.named("Paper Lanterns", "Ilse Varga", duration_ms=None)

    assert found is not None
    assert found.mbid == right.recording_id
    assert unknown is None
    assert longer is not None


def test_of_recordings_alike_the_one_that_was_sold_first_is_taken() -> None:
    concert = a_song(isrc=None, duration_ms=240_000, released="1990", album="Bootleg")
    reissue = a_song(isrc="XXA012600002", duration_ms=210_000, released="2011-01-01")
    first = a_song(isrc="XXA012600003", duration_ms=220_000, released="2001")
    with encyclopedia(concert, reissue, first) as (source, _):
        found = source.named("Paper Lanterns", "Ilse Varga")

    assert found is not None
    assert found.mbid == first.recording_id


def test_a_leading_the_is_optional_in_an_artists_name() -> None:
    with encyclopedia(a_song(artists=("The Lanterns",)), a_song("Tin Boats", artists=("Boats",))) as (source, _):
        without, added = source.named("Paper Lanterns", "Lanterns"), source.named("Tin Boats", "The Boats")

    assert without is not None
    assert added is None  # a phrase is looked for as it is


PAGE = "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"


def test_a_recording_is_found_by_a_page_that_editors_linked_it_with() -> None:
    song = a_song(links=(PAGE,))
    with encyclopedia(a_song("Tin Boats"), song) as (source, stand_in):
        found = source.linked_with(PAGE)
        unknown = source.linked_with(f"{PAGE}x")

    assert found is not None
    assert (found.mbid, found.title, found.artists) == (song.recording_id, "Paper Lanterns", ("Ilse Varga",))
    assert (found.isrcs, found.releases) == (("XXA012600001",), (song.release_id,))
    assert unknown is None
    assert len(stand_in.asked(RECORDINGS)) == 3


@pytest.mark.parametrize(
    ("answer", "mbid"),
    [
        (None, None),
        ({"relations": []}, None),
        ({"relations": [{"release": {"id": "album"}}, {"recording": {"id": "song"}}]}, "song"),
    ],
)
def test_of_what_a_page_is_linked_with_the_first_recording_counts(answer: object, mbid: str | None) -> None:
    assert musicbrainz._linked_recording(answer) == mbid


@pytest.mark.parametrize("nonsense", ["text", {}, {"relations": 5}, {"relations": [{"recording": {}}]}])
def test_an_answer_that_is_no_list_of_relations_is_an_error(nonsense: object) -> None:
    with pytest.raises(ContentUnavailableError, match="no list of relations"):
        musicbrainz._linked_recording(nonsense)


def test_original_albums_come_before_compilations_and_bootlegs() -> None:
    def release(mbid: str, status: str, date: str, *kinds: str) -> dict[str, object]:
        group = {"secondary-types": list(kinds)}
        return {"id": mbid, "title": mbid, "status": status, "date": date, "release-group": group}

    row = {
        "id": "r",
        "title": "A",
        "first-release-date": "not a date",
        "tags": [{"name": "Loved", "count": 5}, {"name": "Rare"}],
        "releases": [
            release("bootleg", "Bootleg", "1990"),
            release("best of", "Official", "1992", "Compilation"),
            release("reissue", "Official", "2005"),
            release("album", "Official", "1994"),
        ],
    }

    (found,) = musicbrainz._recordings({"recordings": [row]})

    assert found.releases == ("album", "reissue", "best of", "bootleg")
    assert (found.album, found.released, found.genres) == ("album", None, ("loved", "rare"))
    assert (found.artists, found.isrcs, found.duration_ms) == ((), (), None)


@pytest.mark.parametrize("nonsense", [[], "text", {"recordings": 5}, {"recordings": [{"id": "x"}]}, {}])
def test_an_answer_that_is_no_list_of_recordings_is_an_error(nonsense: object) -> None:
    with pytest.raises(ContentUnavailableError, match="no list of recordings"):
        musicbrainz._recordings(nonsense)


def test_troubles_of_the_service_are_typed() -> None:
    with encyclopedia(a_song()) as (source, stand_in):
        stand_in.weather.busy[RECORDINGS] = 5
        with pytest.raises(ContentBusyError):
            source.with_isrc("XXA012600001")
        stand_in.weather.busy.clear()
        stand_in.weather.down.add(RECORDINGS)
        with pytest.raises(ContentUnavailableError):
            source.named("A", "B")


def test_the_stand_in_refuses_what_musicbrainz_would() -> None:
    stand_in = ContentStandIn()
    with running(stand_in):
        http = Http("x", user_agent=user_agent("test"), trusted=(stand_in.base,))
        for path, params in (
            ("isrc/short", {"fmt": "json"}),
            ("isrc/XXA012600001", {}),
            ("isrc/XXA012600001", {"fmt": "json", "inc": "everything"}),
            ("recording", {"fmt": "json", "query": "lanterns"}),
            ("recording", {"fmt": "json", "query": "x", "page": "2"}),
            ("recording/unknown", {"fmt": "json", "inc": "everything"}),
            ("url", {"fmt": "json", "resource": "4uLU6hMCjMI75M1A2tKUQC"}),
            ("url", {"fmt": "json", "resource": PAGE, "limit": "1"}),
        ):
            with pytest.raises(ContentUnavailableError):
                http.json(f"{stand_in.base}/ws/2/{path}", params)
        http.close()

    assert len(stand_in.problems) == 8


def test_the_stand_in_tells_no_more_than_it_is_asked_to_include() -> None:
    stand_in = ContentStandIn([a_song(links=(PAGE,))])
    with running(stand_in):
        http = Http("x", user_agent=user_agent("test"), trusted=(stand_in.base,))
        bare = http.json(f"{stand_in.base}/ws/2/url", {"fmt": "json", "resource": PAGE})
        unknown = http.json(f"{stand_in.base}/ws/2/recording/unknown", {"fmt": "json"})
        http.close()

    assert (bare["resource"], bare["relations"]) == (PAGE, [])
    assert unknown is None
