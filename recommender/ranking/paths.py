"""Paths: songs that lead from one song to another, every step close to the last.

Candidates are found all along the way from the first song to the last and put in order by how much nearer to the end
than to the start they are. A path goes through that order forwards alone, so it never turns back and never meets a song
twice. Of all such paths of the length that is asked for, the one whose widest step is narrowest is taken; of several,
the one whose steps are the most even.

Source:
    Flexer, Schnitzer, Gasser and Widmer, "Playlist Generation Using Start and End Songs", ISMIR 2008, pp. 173-178, for
    the order between two songs; Pollack, "The Maximum Capacity Through a Network", Operations Research 8, 1960,
    pp. 733-736, doi:10.1287/opre.8.5.733, for the path whose worst step is best.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import NO_KEYS, nearest
from recommender.errors import NothingToGoOnError
from recommender.ports import TrackLookup
from recommender.ranking.directions import SearchableIndex, known_vectors
from recommender.ranking.explanations import Grounds, reason_for
from recommender.ranking.pool import Unwanted, artists_of, song_key, unwanted_for
from recommender.songs import song_title
from recommender.types import (
    Keys,
    Matrix,
    Request,
    ScoreParts,
    Seed,
    SeedKind,
    Suggestion,
    Track,
    TrackKey,
    Vector,
    Weights,
)

SHORTEST_PATH: Final = 3
"""Songs: two ends, and one between them."""
STOPS: Final = 9
"""Places along the way around which candidates are looked for, both ends included."""
PER_STOP: Final = 60
REFINED: Final = 1
"""Times that candidates are looked for between the songs of the widest steps, so that these get narrower. Measured on
28,352 tracks with 40 random pairs and ten songs each, closeness at the widest step: .423 without, .434 with one, .435
with two; .171 for the songs nearest to points of the straight line."""
WIDEST: Final = 8
"""Steps that are looked into each time."""
PER_STEP: Final = 15
MOST_PER_ARTIST: Final = 2
"""Songs of one artist between the ends, as in every other list."""
_LEFT_BY_A_ROLL: Final = 0.5
"""Share of the candidates that a roll leaves; which ones, its number and their keys decide."""
_AS_CLOSE: Final = 1e-6
"""Steps whose closeness differs by less are as close as each other."""

Rows = NDArray[np.int64]


def song_path(index: SearchableIndex, lookup: TrackLookup, request: Request) -> tuple[Suggestion, ...]:
    """Return the songs of a path, both ends included.

    Args:
        index: Of the catalog.
        lookup: Of the catalog.
        request: Its seed names the first song and the last. Words, cover and sound count by its weights, as far as they
            are known; popularity, discovery and the lists of others do not count. Its filters, and what it excludes,
            hold for the songs between the ends.

    Returns:
        ``request.count`` songs, at least :data:`SHORTEST_PATH`; fewer where the catalog has not so many between the
        two. No artist comes twice in a row, nor more than :data:`MOST_PER_ARTIST` times between the ends. The score
        of each is its closeness to the song before it, and the parts add up to that; the first has none.

    Raises:
        NothingToGoOnError: The ends are not two songs, nothing is known of one of them, or neither words nor cover nor
            sound counts.
    """
    first, last = _ends(lookup, request.seed)
    scale = _scale(index, (first, last), request.weights)
    search = _Search(index=index, lookup=lookup, request=request, scale=scale, first=first, last=last)
    keys = search.along_the_way()
    path = search.path_through(keys)
    for _ in range(REFINED):
        keys = np.union1d(keys, search.within_the_widest(path))
        path = search.path_through(keys)
    return tuple(_told(path, index, scale))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Path:
    tracks: tuple[Track, ...]
    vectors: Matrix
    """Shape (songs, dim), what is known of each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    index: SearchableIndex
    lookup: TrackLookup
    request: Request
    scale: Vector
    """Shape (dim,): how much each column of a vector counts."""
    first: Track
    last: Track

    def along_the_way(self) -> Keys:
        """Return candidates around the straight line between the ends, ascending."""
        start, end = self.scale * known_vectors(self.index, _keys([self.first, self.last]))
        stops = [(1 - share) * start + share * end for share in np.linspace(0, 1, STOPS, dtype=np.float32)]
        return self._near(stops, PER_STOP)

    def within_the_widest(self, path: _Path) -> Keys:
        """Return candidates that are near both ends of the widest steps of a path, ascending."""
        closeness = ((self.scale * path.vectors[:-1]) * path.vectors[1:]).sum(axis=1)
        widest = np.argsort(closeness, kind="stable")[:WIDEST]
        return self._near(list(self.scale * (path.vectors[widest] + path.vectors[widest + 1])), PER_STEP)

    def path_through(self, keys: Keys) -> _Path:
        """Return the best path through some candidates."""
        tracks = self._in_order(keys)
        while True:
            vectors = known_vectors(self.index, _keys(tracks))
            rows = best_path(_steps(tracks, self.scale, vectors), max(self.request.count, SHORTEST_PATH))
            surplus = _surplus([tracks[row] for row in rows], self.scale, vectors[rows])
            if not surplus:
                return _Path(tracks=tuple(tracks[row] for row in rows), vectors=vectors[rows])
            tracks = [track for track in tracks if track.key not in surplus]

    def _near(self, queries: Sequence[Vector], count: int) -> Keys:
        among = None if self.request.filters.is_open else self.lookup.keys_matching(self.request.filters)
        excluded = np.asarray(sorted({self.first.key, self.last.key} | self.request.excluded), dtype=np.int64)
        allowed = None if among is None else np.setdiff1d(among, excluded)
        found = [
            nearest(self.index, query, count, excluded=excluded, among=allowed) for query in queries if query.any()
        ]
        return np.unique(np.concatenate([NO_KEYS, *found]))

    def _in_order(self, keys: Keys) -> list[Track]:
        """Return the ends and, between them, the candidates from the start's side to the end's, each title once."""
        found = self.lookup.tracks(TrackKey(int(key)) for key in keys)
        unwanted = self._unwanted()
        kept = [track for track in found.values() if not unwanted.covers(track) and self._is_drawn(track.key)]
        vectors = known_vectors(self.index, _keys([self.first, *kept, self.last]))
        closeness = (self.scale * vectors) @ vectors[[0, -1]].T
        nearness = closeness.sum(axis=1)
        songs: dict[str, int] = {}
        for row, track in enumerate(kept, start=1):
            song = song_title(track.title) or song_key(track)  # one step to a cover of a song is no step
            if nearness[row] > nearness[songs.setdefault(song, row)]:
                songs[song] = row
        position = closeness[:, 1] - closeness[:, 0]
        between = [row for row in songs.values() if position[0] < position[row] < position[-1]]
        between.sort(key=lambda row: (float(position[row]), kept[row - 1].key))
        return [self.first, *(kept[row - 1] for row in between), self.last]

    def _unwanted(self) -> Unwanted:
        return unwanted_for(
            seeds=(self.first, self.last),
            artists=frozenset(),
            known=(),
            blocked_artists=self.request.blocked_artists,
        )

    def _is_drawn(self, key: TrackKey) -> bool:
        roll = self.request.roll
        return roll == 0 or float(np.random.default_rng((roll, key)).random()) < _LEFT_BY_A_ROLL


def best_path(steps: Matrix, count: int) -> list[int]:
    """Return the path from the first row to the last whose widest step is narrowest, as rows in order.

    Args:
        steps: Shape (n, n): how close row j is to row i if it may follow it, and minus infinity if not; rows lead to
            later rows alone.
        count: Rows that the path should have, both ends included, at least 2.

    Returns:
        As many rows as asked, or as many as there can be. Of paths whose widest steps are equally narrow it is the one
        whose squared widths, (1 - closeness)², add up to the least. Where no path leads to the last row, the first and
        the last.
    """
    reached = [steps[0]]
    while len(reached) < count - 1:
        reached.append(np.minimum(reached[-1][:, None], steps).max(axis=0))
    lengths = [length for length, closeness in enumerate(reached) if np.isfinite(closeness[-1])]
    if not lengths:
        return [0, len(steps) - 1]
    narrow = steps >= reached[lengths[-1]][-1] - _AS_CLOSE
    widths = np.where(narrow, (1 - np.where(narrow, steps, 0)) ** 2, np.inf)
    return _shortest(widths, lengths[-1] + 1)


def _shortest(widths: Matrix, steps: int) -> list[int]:
    """Return the path of so many steps from the first row to the last whose widths add up to the least."""
    total, came_from = widths[0], []
    for _ in range(steps - 1):
        through = total[:, None] + widths
        came_from.append(through.argmin(axis=0))
        total = through.min(axis=0)
    path = [len(widths) - 1]
    for rows in reversed(came_from):
        path.append(int(rows[path[-1]]))
    return [0, *reversed(path)]


def _ends(lookup: TrackLookup, seed: Seed) -> tuple[Track, Track]:
    found = lookup.tracks(seed.tracks)
    ends = [found[key] for key in seed.tracks if key in found]
    if len(ends) != 2 or song_key(ends[0]) == song_key(ends[1]):  # noqa: PLR2004 -- a path has two
        raise NothingToGoOnError("A path leads from one song to another: name two different ones.")
    return ends[0], ends[1]


def _scale(index: SearchableIndex, ends: tuple[Track, Track], weights: Weights) -> Vector:
    """Return how much each column of a vector counts: the share of its modality among those that an end has."""
    known = known_vectors(index, _keys(ends))
    asked = {each: at for each, at in index.space.slices.items() if weights.of(each) > 0 and at.stop > at.start}
    if not asked:
        raise NothingToGoOnError("A path goes by words, cover and sound: choose one of them, or everything.")
    for track, vector in zip(ends, known, strict=True):
        if not any(vector[at].any() for at in asked.values()):
            message = f"I know nothing of “{track.title}” that a path could go by. Try another song."
            raise NothingToGoOnError(message)
    present = {each: weights.of(each) for each, at in asked.items() if known[:, at].any()}
    scale = np.zeros(known.shape[1], dtype=np.float32)
    for each, weight in present.items():
        scale[asked[each]] = weight / sum(present.values())
    return scale


def _steps(tracks: Sequence[Track], scale: Vector, vectors: Matrix) -> Matrix:
    """Return how close each track is to each before it; minus infinity where it may not follow."""
    steps = (scale * vectors) @ vectors.T
    forbidden = np.tril(np.ones(steps.shape, dtype=bool))
    by_artist: dict[str, list[int]] = {}
    for row, track in enumerate(tracks):
        for name in artists_of(track):
            by_artist.setdefault(name, []).append(row)
    for rows in by_artist.values():
        forbidden[np.ix_(rows, rows)] = True
    return np.where(forbidden, np.float32(-np.inf), steps)


def _surplus(path: Sequence[Track], scale: Vector, vectors: Matrix) -> set[TrackKey]:
    """Return the songs of a path that are too many of their artist: those with the widest steps beside them."""
    closeness = ((scale * vectors[:-1]) * vectors[1:]).sum(axis=1)
    between = range(1, len(path) - 1)
    ranked = sorted(between, key=lambda row: -min(closeness[row - 1], closeness[row]))
    taken: Counter[str] = Counter()
    surplus: set[TrackKey] = set()
    for row in ranked:
        if any(taken[name] >= MOST_PER_ARTIST for name in artists_of(path[row])):
            surplus.add(path[row].key)
        else:
            taken.update(artists_of(path[row]))
    return surplus


def _told(path: _Path, index: SearchableIndex, scale: Vector) -> Iterator[Suggestion]:
    yield Suggestion(rank=1, track=path.tracks[0], parts=ScoreParts(), reason="Where the path starts")
    slices = {each: at for each, at in index.space.slices.items() if scale[at].any()}
    for row in range(1, len(path.tracks)):
        before, track = path.tracks[row - 1], path.tracks[row]
        one, other = path.vectors[row - 1], path.vectors[row]
        shared = {each: at for each, at in slices.items() if one[at].any() and other[at].any()}
        parts = ScoreParts(**{each.value: float((scale[at] * one[at]) @ other[at]) for each, at in shared.items()})
        grounds = Grounds(
            seed=Seed(kind=SeedKind.TRACK, tracks=(before.key,)),
            track=track,
            parts=parts,
            cosines={each: _cosine(one[at], other[at]) for each, at in shared.items()},
            because_of=before,
        )
        end = "; where the path ends" if row == len(path.tracks) - 1 else ""
        yield Suggestion(
            rank=row + 1, track=track, parts=parts, reason=f"{reason_for(grounds)}{end}", because_of=before.key
        )


def _cosine(one: Vector, other: Vector) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _keys(tracks: Sequence[Track]) -> Keys:
    return np.asarray([track.key for track in tracks], dtype=np.int64)
