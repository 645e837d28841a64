"""A catalog in which vectors alone tell what belongs together: each list is a cluster, and nothing else connects it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.settings import Settings
from bot.wiring import Core, open_core
from recommender.types import Fact, Matrix, MemberId, Signal, SignalKind, Source, TrackFacts, TrackKey
from recommender.unit_rows import unit_rows
from storage.values import Consent, PlaylistFacts
from tests.installation import settings_for

LISTS = 60
PER_LIST = 6
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def installed(home: Path, lists: int = LISTS, **settings: object) -> Settings:
    """Make an installation with so many playlists, whose tracks have vectors; nothing is indexed or learnt yet."""
    made = settings_for(home, **settings)
    with open_core(made) as core:
        keys = add_tracks(core, lists * PER_LIST)
        add_playlists(core, [keys[start : start + PER_LIST] for start in range(0, len(keys), PER_LIST)])
        save_vectors(core, keys, clustered(lists, core))
    return made


def add_tracks(core: Core, count: int, source: Source = Source.DATASET, prefix: str = "t") -> list[TrackKey]:
    """Add tracks whose names have no word in common."""
    facts = [
        TrackFacts(
            title=f"{prefix}{number}itle",
            artists=(f"{prefix}{number}artist",),
            popularity=number % 100,
            sources={Fact.WORDS: source, Fact.POPULARITY: source},
        )
        for number in range(count)
    ]
    with core.database.transaction() as stored:
        return [each.key for each in stored.tracks.add_or_merge(facts)]


def add_playlists(core: Core, lists: Iterable[Sequence[TrackKey]]) -> None:
    with core.database.transaction() as stored:
        for number, keys in enumerate(lists):
            playlist = stored.playlists.add(PlaylistFacts(source_id=f"list {number}", name=f"list {number}"))
            stored.playlists.add_entries(playlist, keys)


def add_member(core: Core, member: MemberId, keys: Iterable[TrackKey]) -> None:
    """Let a member have saved tracks, and agree that they are learnt from."""
    with core.database.transaction() as stored:
        saved = [Signal(track=key, kind=SignalKind.SAVED, at=NOON) for key in keys]
        stored.signals.record(member, saved, Source.MEMBER)
        stored.consents.give(member, Consent.PEOPLE, NOON)


def clustered(lists: int, core: Core) -> Matrix:
    """Return a vector per track: a centre per list, and a little noise."""
    rng = np.random.default_rng(1)
    dim = core.catalog._text.dim
    centres = np.repeat(rng.standard_normal((lists, dim)), PER_LIST, axis=0)
    return unit_rows((centres + 0.3 * rng.standard_normal(centres.shape)).astype(np.float32))


def save_vectors(core: Core, keys: Sequence[TrackKey], vectors: Matrix) -> None:
    core.store.save_text(core.catalog._ingestion.text_fingerprint, keys, vectors)


def stored_keys(core: Core) -> list[TrackKey]:
    return [track.key for track in core.store.tracks_after(TrackKey(0))]


def shuffle_vectors(core: Core) -> None:
    """Give every track the vector of another."""
    keys = stored_keys(core)
    vectors = clustered(len(keys) // PER_LIST, core)
    save_vectors(core, keys, vectors[np.random.default_rng(2).permutation(len(keys))])


def restore_vectors(core: Core) -> None:
    keys = stored_keys(core)
    save_vectors(core, keys, clustered(len(keys) // PER_LIST, core))
