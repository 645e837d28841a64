"""Which track of the catalog a set of facts speaks of."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from recommender.songs import recording_key
from recommender.types import TrackFacts
from storage.models import TrackRow, table_of
from storage.repositories.albums import Albums
from storage.repositories.merging import Recording
from storage.repositories.recordings import keys_among, keys_by_spotify_id, load

_TRACK = table_of(TrackRow)
SAME_LENGTH_MS = 3_000
"""Two lengths this far apart may still be one recording: services trim silence differently."""


class Identities:
    """The tracks that a batch of facts may speak of, findable by what identifies them.

    Facts speak of a known track when its Spotify id is theirs; else when its ISRC is; else when song, first artist,
    version and duration agree and one side has no Spotify id. Two Spotify ids are two tracks unless an ISRC says
    otherwise. A duration that nobody knows agrees with any.
    """

    def __init__(self, connection: Connection, albums: Albums, batch: Sequence[TrackFacts]) -> None:
        by_spotify_id = keys_by_spotify_id(connection, [facts.spotify_id for facts in batch if facts.spotify_id])
        isrcs = [facts.isrc for facts in batch if facts.isrc]
        names = list({recording_key(facts.title, facts.artists[0]) for facts in batch})
        keys = keys_among(connection, _TRACK.c.isrc, isrcs) | keys_among(connection, _TRACK.c.recording, names)
        self._known = load(connection, albums, sorted(keys.union(by_spotify_id.values())))
        self._by_spotify_id = {one: self._known[key] for one, key in by_spotify_id.items()}
        self._by_isrc: dict[str, Recording] = {}
        self._by_name: defaultdict[str, list[Recording]] = defaultdict(list)
        for recording in self._known.values():
            self._index(recording)

    def find(self, facts: TrackFacts) -> Recording | None:
        """Return the recording that the facts speak of, or None when it is a new one."""
        if facts.spotify_id in self._by_spotify_id:
            return self._by_spotify_id[facts.spotify_id]
        if facts.isrc in self._by_isrc:
            return self._by_isrc[facts.isrc]
        name = recording_key(facts.title, facts.artists[0])
        alike = [each for each in self._by_name.get(name, ()) if _may_be_same(each, facts)]
        return min(alike, key=lambda each: (_gap(each, facts) or 0, each.row["id"] or 0), default=None)

    def learn(self, recording: Recording, facts: TrackFacts) -> None:
        """Remember what a recording is known by after it was made from, or merged with, these facts."""
        if facts.spotify_id and facts.spotify_id not in self._by_spotify_id:
            self._by_spotify_id[facts.spotify_id] = recording
            recording.new_spotify_ids.append(facts.spotify_id)
            recording.changes += 1
        self._index(recording)

    def _index(self, recording: Recording) -> None:
        if recording.row["isrc"]:
            self._by_isrc.setdefault(recording.row["isrc"], recording)
        same_name = self._by_name[recording.row["recording"]]
        if not any(each is recording for each in same_name):
            same_name.append(recording)


def _may_be_same(known: Recording, facts: TrackFacts) -> bool:
    if known.row["spotify_id"] is not None and facts.spotify_id is not None:
        return False
    gap = _gap(known, facts)
    return gap is None or gap <= SAME_LENGTH_MS


def _gap(known: Recording, facts: TrackFacts) -> int | None:
    if known.row["duration_ms"] is None or facts.duration_ms is None:
        return None
    return abs(int(known.row["duration_ms"]) - facts.duration_ms)
