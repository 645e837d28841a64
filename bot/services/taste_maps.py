"""Maps and charts of music: of the whole catalog, of a member's listening, or of songs that somebody names.

What comes back are values; :mod:`bot.presenters.taste_answers` draws them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from bot.background import BlockingPool
from bot.errors import NotFoundInCatalogError
from bot.services.searchable_catalog import SearchableCatalog
from bot.services.taste_answers import Answer, Kind, MapAnswer, SoundAnswer, Subject, TallyAnswer, Whose
from bot.services.track_names import find_track
from recommender.area_names import area_names
from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.index.catalog_index import CatalogIndex
from recommender.interests import interests_of
from recommender.projection import Projection, spread
from recommender.ranking.directions import known_vectors
from recommender.songs import without_issue
from recommender.tallies import Sound, decade_tally, genre_tally, sound_of
from recommender.taste_map import OwnMusic, taste_map
from recommender.taste_profile import history, taste_profile
from recommender.types import Keys, Signal, Track, TrackKey
from storage.database import Database
from storage.stored import Stored

MOST_TRACKS: Final[Mapping[Projection, int]] = {Projection.PCA: 10_000, Projection.TSNE: 3_000}
"""Tracks on one map; of a larger catalog a sample is shown. t-SNE of so many takes some ten seconds of one core."""
MOST_OWN_TRACKS: Final = 1_000
"""The strongest tracks of a member that are put on a map."""
MOST_PARTS_HEARD: Final = 4
"""Genres, decades, interests or songs whose sound is compared."""
MOST_COMPARED_WITH: Final = 3_000
"""Tracks of the catalog that interests are told apart from, so that they have a name."""
FEWEST_FEATURES: Final = 3
"""Audio features that a sound is told by."""
MOST_HINTS: Final = 5
"""Closest names offered when nothing matches."""
_TITLES_IN_LABEL: Final = 2

Report = Callable[[str], None]
"""Is told what comes next, as ``Reading 3,000 tracks``."""


class TasteMapService:
    """Answers what music looks like."""

    def __init__(
        self, database: Database, catalog: SearchableCatalog, blocking: BlockingPool, *, now: Callable[[], datetime]
    ) -> None:
        """Take collaborators; maps keep a thread of ``blocking`` busy for seconds, so give it one of its own."""
        self._database = database
        self._catalog = catalog
        self._blocking = blocking
        self._now = now

    async def show(
        self, subject: Subject, kind: Kind = Kind.MAP, *, by: Projection = Projection.TSNE, seed: int = 0
    ) -> Answer:
        """Return a map or a chart; see :meth:`answer`."""
        return await self._blocking.run(self.answer, subject, kind, by=by, seed=seed)

    def answer(
        self,
        subject: Subject,
        kind: Kind,
        *,
        by: Projection = Projection.TSNE,
        clusters: int | None = None,
        seed: int = 0,
        report: Report = lambda _next: None,
    ) -> Answer:
        """Return a map or a chart without an event loop: what the command line calls.

        Args:
            subject: Whose music.
            kind: What is to be seen.
            by: How a map is laid out.
            clusters: Areas of the catalog on a map; None finds their number.
            seed: Of the sample and of what is random in a map: the same catalog and seed give the same map.
            report: Is told what comes next.

        Raises:
            NotFoundInCatalogError: A named track is not in the catalog.
            NothingToGoOnError: Nothing is known of the member's listening, or of what is asked for.
            EmptyCatalogError: The catalog is empty, or for a map not embedded.
        """
        with self._database.reading() as stored:
            if stored.tracks.count() == 0:
                raise EmptyCatalogError
            music = _of_tracks(stored, subject) if subject.tracks else self._listening(stored, subject)
            if kind is not Kind.MAP:
                report("Counting")
                return self._sound(stored, music, seed) if kind is Kind.SOUND else _tally(stored, music, kind)
        return self._map(music, by=by, clusters=clusters, seed=seed, report=report)

    def _listening(self, stored: Stored, subject: Subject) -> "_Music":
        """Return a member's music, or without a member the catalog's."""
        if subject.member is None:
            return _Music(whose=Whose(label="the catalog", described={"kind": "catalog"}, tracks=stored.tracks.count()))
        signals = stored.signals.of_member(subject.member)
        evidence = history(signals, now=self._now()).evidence
        tracks = stored.tracks.of_keys(evidence)
        if not tracks:
            who = subject.called or f"member {subject.member}"
            message = f"Nothing is known of what {who} likes: no link, no history, no 👍."
            raise NothingToGoOnError(message)
        return _Music(
            whose=Whose(
                label=f"what {subject.called} listens to" if subject.called else "what you listen to",
                described={"kind": "member", "member": str(subject.member)},
                tracks=len(tracks),
                is_weighed=True,
            ),
            own=[(track, evidence[key].strength) for key, track in tracks.items()],
            signals=signals,
        )

    def _map(self, music: "_Music", *, by: Projection, clusters: int | None, seed: int, report: Report) -> MapAnswer:
        index = self._catalog.index()
        keys = _shown(index, music, most=MOST_TRACKS[by], seed=seed)
        report(f"Reading {len(keys):,} tracks")
        with self._database.reading() as stored:
            found = stored.tracks.of_keys(map(TrackKey, keys.tolist()))
        vectors = index.vectors_of(keys)
        rows = [row for row, key in enumerate(keys.tolist()) if key in found and vectors[row].any()]
        tracks = [found[TrackKey(int(keys[row]))] for row in rows]
        own = None if music.is_catalog else self._own_music(music, index)
        report(f"Laying out {len(rows):,} tracks by {'PCA' if by is Projection.PCA else 't-SNE'}")
        return MapAnswer(
            whose=music.whose,
            map=taste_map(tracks, vectors[rows], index.space.slices, by=by, clusters=clusters, seed=seed, own=own),
            catalog_tracks=len(index),
            fingerprint=index.fingerprint,
        )

    def _sound(self, stored: Stored, music: "_Music", seed: int) -> SoundAnswer:
        if music.is_catalog:
            whole, parts = None, _largest_parts(stored)
        else:
            whole = sound_of(music.own)
            parts = self._interests_heard(stored, music, seed) if music.signals else _songs_heard(music)
        heard = tuple((name, sound) for name, sound in parts if len(sound) >= FEWEST_FEATURES)
        answer = SoundAnswer(
            whose=music.whose,
            whole=whole,
            parts=heard if len(heard) > 1 or whole is None else (),
            catalog=stored.tallies.sound(),
        )
        if len(answer.features) < FEWEST_FEATURES or not (answer.whole or answer.parts):
            raise _nothing_known("audio feature", music)
        return answer

    def _interests_heard(self, stored: Stored, music: "_Music", seed: int) -> list[tuple[str, Sound]]:
        """Return the sound of a member's largest interests: the mean of tastes far apart sounds like none of them."""
        try:
            index = self._catalog.index()
            interests = self._own_music(music, index).interests[:MOST_PARTS_HEARD]
        except (EmptyCatalogError, NothingToGoOnError):
            return []
        weighed = {track.key: (track, strength) for track, strength in music.own}
        groups = [[weighed[key] for key in interest.members if key in weighed] for interest in interests]
        sample = index.keys[spread(len(index), MOST_COMPARED_WITH, np.random.default_rng(seed))]
        names = area_names(groups, stored.tracks.of_keys(map(TrackKey, sample.tolist())).values())
        return [(name.name, sound_of(group)) for name, group in zip(names, groups, strict=True)]

    def _own_music(self, music: "_Music", index: CatalogIndex) -> OwnMusic:
        """Return music with the interests that suggestions would follow."""
        strengths = {track.key: strength for track, strength in music.own}
        slices = index.space.slices
        if music.signals:
            profile = taste_profile(music.signals, lambda keys: known_vectors(index, keys), slices, now=self._now())
            interests = profile.interests
        else:
            keys = np.asarray(sorted(strengths), dtype=np.int64)
            interests = interests_of(
                keys, known_vectors(index, keys), np.ones(len(keys), dtype=np.float32), slices, keep_odd=True
            )
        if not interests:
            message = f"Nothing of {music.whose.label} can be searched yet: run `cratedigger catalog embed`."
            raise NothingToGoOnError(message)
        return OwnMusic(strengths=strengths, interests=interests)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Music:
    """What an answer is about."""

    whose: Whose
    own: Sequence[tuple[Track, float]] = ()
    """Tracks with how much each counts; none where it is the whole catalog."""
    signals: Sequence[Signal] = ()

    @property
    def is_catalog(self) -> bool:
        return not self.own

    @property
    def strongest(self) -> list[TrackKey]:
        return [track.key for track, _ in sorted(self.own, key=lambda each: (-each[1], each[0].key))]


def _of_tracks(stored: Stored, subject: Subject) -> _Music:
    found = {track.key: track for name in subject.tracks for track in [_named(stored, name)]}
    described = [
        {"key": track.key, "spotify_id": track.spotify_id, "title": track.title, "artists": list(track.artists)}
        for track in found.values()
    ]
    label = _label_of(list(found.values()))
    whose = Whose(label=label, described={"kind": "track", "tracks": described}, tracks=len(found))
    return _Music(whose=whose, own=[(track, 1.0) for track in found.values()])


def _label_of(tracks: Sequence[Track]) -> str:
    titles = [f"“{without_issue(track.title)}”" for track in tracks]
    if len(titles) == 1:
        return f"{titles[0]} by {tracks[0].artists[0]}"
    if len(titles) > _TITLES_IN_LABEL:
        titles = [", ".join(titles[:_TITLES_IN_LABEL]), f"{len(titles) - _TITLES_IN_LABEL} more"]
    return " and ".join(titles)


def _named(stored: Stored, name: str) -> Track:
    track = find_track(stored, name)
    if track is None:
        raise NotFoundInCatalogError(name, tuple(stored.tracks.closest_titles(name, MOST_HINTS)))
    return track


def _shown(index: CatalogIndex, music: _Music, *, most: int, seed: int) -> Keys:
    """Return the keys on a map: the subject's strongest tracks, and a sample of the others; ascending."""
    own = np.asarray(music.strongest[:MOST_OWN_TRACKS], dtype=np.int64)
    others = np.setdiff1d(index.keys, own)
    sample = others[spread(len(others), most - len(own), np.random.default_rng(seed))]
    return np.union1d(own, sample)


def _tally(stored: Stored, music: _Music, kind: Kind) -> TallyAnswer:
    is_genres = kind is Kind.GENRES
    catalog = stored.tallies.genres() if is_genres else stored.tallies.decades()
    own = None
    if not music.is_catalog:
        own = genre_tally(music.own) if is_genres else decade_tally(music.own)
    if not (catalog if own is None else own).known:
        raise _nothing_known("genre" if is_genres else "year", music)
    return TallyAnswer(kind=kind, whose=music.whose, own=own, catalog=catalog)


def _songs_heard(music: _Music) -> list[tuple[str, Sound]]:
    heard = [(f"“{without_issue(track.title)}”", sound_of([(track, weight)])) for track, weight in music.own]
    return heard if len(heard) <= MOST_PARTS_HEARD else []


def _largest_parts(stored: Stored) -> list[tuple[str, Sound]]:
    """Return the sound of the largest genres; of a catalog without genres that of the largest decades, in order."""
    genres = stored.tallies.genres().ranked[:MOST_PARTS_HEARD]
    if genres:
        return [(genre, stored.tallies.sound(genre=genre)) for genre in genres]
    decades = sorted(stored.tallies.decades().ranked[:MOST_PARTS_HEARD])
    return [(decade, stored.tallies.sound(decade=decade)) for decade in decades]


def _nothing_known(what: str, music: _Music) -> NothingToGoOnError:
    return NothingToGoOnError(f"No {what} is known of {music.whose.label}.")
