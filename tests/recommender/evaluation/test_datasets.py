import numpy as np
import pytest

from recommender.evaluation.datasets import Entry, dataset_of, song_of, warm_part
from recommender.types import TrackFacts
from tests.recommender.evaluation.lists import listening, playlists


def fact(title: str, artist: str = "Ada Lune", popularity: int | None = None) -> TrackFacts:
    return TrackFacts(title=title, artists=(artist,), popularity=popularity)


def entry(owner: str, facts: TrackFacts) -> Entry:
    return Entry(owner=owner, song=song_of(facts), facts=facts)


def test_ids_of_one_song_are_one_track_with_the_highest_popularity() -> None:
    dataset = dataset_of(
        [
            entry("morning", fact("Paper Boats", popularity=10)),
            entry("morning", fact("Paper Boats - Remastered 2011", popularity=70)),
            entry("evening", fact("Paper Boats", "Somebody Else")),
            entry("evening", fact("Paper Boats (Live)")),
        ]
    )

    assert [(track.title, track.artists[0], track.popularity) for track in dataset.tracks] == [
        ("Paper Boats", "Ada Lune", 70),
        ("Paper Boats", "Somebody Else", None),
    ]
    assert dataset.counts.toarray().tolist() == [[2, 0], [1, 1]]
    assert dataset.owners == ("morning", "evening")


def test_a_song_without_facts_is_a_track_without_a_title() -> None:
    dataset = listening([("ann", "S1", 3)])

    assert dataset.tracks[0].title == ""
    assert dataset.tracks[0].artists == ()
    assert dataset.counts.toarray().tolist() == [[3]]


def test_keys_count_columns_from_one() -> None:
    dataset = playlists()

    assert [track.key for track in dataset.tracks] == list(range(1, len(dataset.tracks) + 1))
    assert [track.key for track in dataset.only(np.asarray([4, 2])).tracks] == [1, 2]


def test_only_times_that_are_known_are_kept() -> None:
    dataset = listening([("ann", "a", 1.0), ("ann", "b", 1.0)], at=[0.0, np.nan])

    assert (dataset.times.nnz, dataset.times.indices.tolist()) == (1, [0])


def test_of_several_times_the_last_counts() -> None:
    dataset = listening([("ann", "a", 1.0), ("ann", "a", 1.0)], at=[9.0, 6.0])

    assert dataset.times.toarray().tolist() == [[9.0]]


def test_warm_tracks_are_in_two_lists_and_lists_without_any_are_left_out() -> None:
    dataset = listening([("ann", "a", 1), ("ann", "b", 1), ("bob", "a", 5), ("cyd", "c", 9)])

    warm = warm_part(dataset)

    assert warm.owners == ("ann", "bob")
    assert warm.counts.toarray().tolist() == [[1], [5]]


def test_no_entries_are_no_dataset() -> None:
    with pytest.raises(ValueError, match="no entry"):
        dataset_of([])
