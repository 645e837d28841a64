from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.services.dataset_columns import Columns, RowRefusedError, UnnamedSongError
from bot.services.dataset_listening import Heard
from recommender.types import NO_AUDIO_FEATURES, Fact, ReleaseDate, Source
from storage.values import PlaylistFacts

ID = "4uLU6hMCjMI75M1A2tKUQC"
ALBUM_ID = "1uLU6hMCjMI75M1A2tKUQC"


def test_the_usual_names_are_understood_in_every_spelling() -> None:
    for title, artist, duration in (
        ("track_name", "track_artist", "duration_ms"),
        ("Track Name", "Artist Name(s)", "Duration (ms)"),
        ("trackName", "artistName", "durationMs"),
        ("title", "artists", "track-duration-ms"),
        ("song", "artist(s)_name", "duration"),
    ):
        columns = Columns([title, artist, duration, "Added At"])

        assert columns.understood == {title: "title", artist: "artists", duration: "duration"}
        assert columns.ignored == ("Added At",)


def test_a_file_without_titles_or_artists_is_refused_with_what_it_has() -> None:
    with pytest.raises(ValueError, match=r"track_name, name, title or song; the columns are: artist, year"):
        Columns(["artist", "year"])
    with pytest.raises(ValueError, match="artists or artist"):
        Columns(["title", "year"])


def test_a_record_is_read_with_the_source_of_every_fact() -> None:
    columns = Columns(
        ["id", "name", "artists", "album", "release_date", "year", "popularity", "explicit", "genre", "energy", "isrc"]
    )

    record = columns.record(
        [ID, "Paper Lanterns", "['Ilse Varga']", "Night Ferry", "2019-05", "2019", "61", "0", "Pop", "0.4", ""]
    )

    facts = record.facts
    assert (facts.title, facts.artists, facts.album) == ("Paper Lanterns", ("Ilse Varga",), "Night Ferry")
    assert (facts.spotify_id, facts.popularity, facts.explicit) == (ID, 61, False)
    assert facts.released == ReleaseDate(2019, 5)
    assert facts.genres == ("pop",)
    assert facts.audio.energy == pytest.approx(0.4)
    assert set(facts.sources) == {Fact.WORDS, Fact.GENRES, Fact.AUDIO, Fact.POPULARITY, Fact.RELEASED}
    assert set(facts.sources.values()) == {Source.DATASET}
    assert record.playlist is None
    assert record.left_out == ()


def test_the_year_stands_in_for_a_missing_date() -> None:
    columns = Columns(["title", "artist", "release_date", "year"])

    assert columns.record(["A", "B", "", "1999"]).facts.released == ReleaseDate(1999)
    assert columns.record(["A", "B", "2019-02-30", "2019"]).left_out == ()


def test_playlists_keep_name_and_genres_and_their_genres_count_for_the_track() -> None:
    columns = Columns(["name", "artist", "playlist_name", "playlist_id", "playlist_genre", "playlist_subgenre"])

    record = columns.record(["A", "B", "Ferry", "p1", "pop", "dance pop"])

    assert record.playlist == PlaylistFacts(source_id="p1", name="Ferry", genre="pop", subgenre="dance pop")
    assert record.facts.genres == ("pop", "dance pop")


def test_a_playlist_without_an_id_is_known_by_its_name() -> None:
    columns = Columns(["name", "artist", "playlist"])

    playlist = columns.record(["A", "B", "Ferry"]).playlist

    assert playlist is not None
    assert (playlist.source_id, playlist.name) == ("Ferry", "Ferry")
    assert columns.record(["A", "B", ""]).playlist is None


@pytest.mark.parametrize(
    ("title", "artist", "reason"),
    [
        ("", "Ilse Varga", "no title"),
        ("NA", "NA", "no title"),
        ("nan", "", "no title"),
        ("Paper Lanterns", "", "no artist"),
        ("Paper Lanterns", "[]", "no artist"),
        ("x" * 1001, "Ilse Varga", "more than 1,000 characters"),
    ],
)
def test_a_record_without_a_name_is_refused(title: str, artist: str, reason: str) -> None:
    with pytest.raises(RowRefusedError, match=reason):
        Columns(["title", "artist"]).record([title, artist])


def test_a_song_may_be_called_none_and_a_band_na() -> None:
    columns = Columns(["title", "artist"])

    assert columns.record(["None", "Ilse Varga"]).facts.title == "None"
    assert columns.record(["Lanterns", "NA"]).facts.artists == ("NA",)


def test_an_impossible_value_is_left_out_and_the_record_kept() -> None:
    columns = Columns(["title", "artist", "popularity", "release_date", "energy"])

    record = columns.record(["A", "B", "300", "not yet", "0.5"])

    assert record.left_out == ("popularity", "release date")
    assert record.facts.popularity is None
    assert Fact.POPULARITY not in record.facts.sources
    assert record.facts.audio.energy == pytest.approx(0.5)


def test_a_record_whose_columns_look_shifted_is_refused() -> None:
    columns = Columns(["title", "artist", "popularity", "energy", "tempo"])

    with pytest.raises(RowRefusedError, match=r"impossible energy, tempo, popularity: the columns may be shifted"):
        columns.record(["A", "B", "Night Ferry", "61", "2019-05-03"])


def test_features_of_a_failed_analysis_are_unknown() -> None:
    columns = Columns(["title", "artist", "danceability", "valence", "energy", "tempo"])

    failed = columns.record(["A", "B", "0.0", "0.0", "0.3", "0.0"]).facts.audio
    still = columns.record(["A", "B", "0.0", "0.0", "0.3", "90"]).facts.audio

    assert (failed.danceability, failed.valence, failed.energy, failed.tempo) == (None, None, 0.3, None)
    assert (still.danceability, still.valence) == (0.0, 0.0)


def test_without_features_there_is_no_audio_fact() -> None:
    record = Columns(["title", "artist", "energy"]).record(["A", "B", ""])

    assert record.facts.audio is NO_AUDIO_FEATURES
    assert Fact.AUDIO not in record.facts.sources


def test_percent_and_spelled_features_of_chart_tables_are_understood() -> None:
    columns = Columns(["track_name", "artist(s)_name", "bpm", "key", "mode", "danceability_%", "released_year"])

    facts = columns.record(["A", "B", "125", "F#", "Minor", "80", "2023"]).facts

    assert (facts.audio.tempo, facts.audio.key, facts.audio.mode) == (125, 6, 0)
    assert facts.audio.danceability == pytest.approx(0.8)
    assert facts.released == ReleaseDate(2023)


@pytest.mark.parametrize("name", ["language", "Lang", "lyrics_language", "trackLanguage"])
def test_the_language_is_read_by_name_or_code(name: str) -> None:
    columns = Columns(["title", "artist", name])

    spanish = columns.record(["A", "B", "Spanish"])
    unknown = columns.record(["A", "B", "instrumental"])

    assert (spanish.facts.language, spanish.facts.sources[Fact.LANGUAGE]) == ("es", Source.DATASET)
    assert unknown.facts.language is None
    assert Fact.LANGUAGE not in unknown.facts.sources
    assert unknown.left_out == ()


def test_the_first_column_with_a_spotify_id_counts() -> None:
    columns = Columns(["id", "uri", "title", "artist"])

    assert columns.record(["17", f"spotify:track:{ID}", "A", "B"]).facts.spotify_id == ID


def test_an_album_page_names_the_album_and_is_no_cover() -> None:
    columns = Columns(["title", "artist", "album_url"])

    facts = columns.record(["A", "B", f"https://open.spotify.com/album/{ALBUM_ID}"]).facts

    assert (facts.spotify_album_id, facts.cover_url) == (ALBUM_ID, None)


def test_covers_beside_the_file_are_found(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"picture")
    columns = Columns(["title", "artist", "cover_path"], tmp_path)

    facts = columns.record(["A", "B", "one.png"]).facts

    assert facts.cover_url == (tmp_path / "one.png").as_uri()
    assert facts.sources[Fact.COVER] is Source.DATASET


def test_lyrics_are_seen_and_not_taken() -> None:
    columns = Columns(["title", "artist", "text"])

    record = columns.record(["A", "B", "la la la"])

    assert columns.lyrics == 2
    assert record.has_lyrics
    assert "la la la" not in repr(record)
    assert not columns.record(["A", "B", "  "]).has_lyrics


def test_a_table_of_listening_is_recognised() -> None:
    assert Columns(["user_id", "song_id", "listen_count", "title", "artist"]).is_listening
    assert Columns(["userId", "title", "artist"]).is_listening
    assert not Columns(["title", "artist", "plays"]).is_listening
    assert Columns(["title", "artist", "plays"]).ignored == ("plays",)
    assert not Columns(["user_id", "playlist_name", "title", "artist", "count"]).is_listening


@pytest.mark.parametrize("song", ["song_id", "track_id", "track", "item"])
def test_listening_may_name_its_songs_by_ids_alone(song: str) -> None:
    columns = Columns(["member", song, "count"])

    assert columns.is_listening
    with pytest.raises(UnnamedSongError):
        columns.record(["u1", ID, "3"])
    assert columns.song_ids(["u1", ID, "3"]) == (ID,)
    assert columns.song_ids(["u1", "SOAKIMP12A8C130995", "3"]) == ("SOAKIMP12A8C130995",)
    assert columns.heard(["u1", ID, "3"]) == Heard(listener="u1", plays=3, last_at=None)
    assert columns.lyrics is None


def test_a_table_of_listening_without_songs_is_refused() -> None:
    with pytest.raises(ValueError, match="track_name, name, title or song"):
        Columns(["user_id", "plays"])


def test_a_record_says_who_listened_how_often_and_when() -> None:
    columns = Columns(["user_id", "song_id", "title", "artist", "plays", "played_at"])
    at = datetime(2020, 5, 4, 23, 8, tzinfo=UTC)

    record = columns.record(["u1", "SOAKIMP12A8C130995", "A", "B", "2.0", "2020-05-04T23:08:00Z"])

    assert record.heard == Heard(listener="u1", plays=2, last_at=at)
    assert record.reference == "SOAKIMP12A8C130995"
    assert columns.record(["u1", ID, "A", "B", "", ""]).heard == Heard(listener="u1", plays=1, last_at=None)
    assert columns.record(["u1", ID, "A", "B", "", ""]).reference is None
    assert columns.record(["", ID, "A", "B", "3", ""]).heard is None


def test_listening_that_cannot_be_is_left_out_and_the_song_is_kept() -> None:
    columns = Columns(["user_id", "title", "artist", "plays", "played_at"])

    wrong_count = columns.record(["u1", "A", "B", "0", ""])
    wrong_time = columns.record(["u1", "A", "B", "2", "yesterday"])
    wrong_listener = columns.record(["u" * 500, "A", "B", "2", ""])

    assert (wrong_count.heard, wrong_count.left_out) == (None, ("plays",))
    assert (wrong_time.heard, wrong_time.left_out) == (Heard(listener="u1", plays=2, last_at=None), ("time",))
    assert (wrong_listener.heard, wrong_listener.left_out) == (None, ("listener",))
    assert columns.heard(["u1", "", "", "0", ""]) is None


def test_lists_of_one_name_are_told_apart_by_their_owner() -> None:
    columns = Columns(["user", "playlist", "title", "artist"])

    assert columns.record(["u1", "Starred", "A", "B"]).playlist == PlaylistFacts(
        source_id="u1: Starred", name="Starred"
    )
    assert columns.record(["", "Starred", "A", "B"]).playlist == PlaylistFacts(source_id="Starred", name="Starred")
    assert columns.record(["u1", "", "A", "B"]).playlist is None
    assert columns.record(["u1", "Starred", "A", "B"]).heard is None
