"""What is stored about rows tells when a track must be indexed anew."""

from pathlib import Path

import numpy as np

from recommender.index.catalog_index import CatalogIndex
from recommender.index.stored_rows import raw_digests
from recommender.lyric_terms import lyric_terms
from recommender.types import Modality
from tests.recommender.index.catalogs import catalog
from tests.recommender.songbook import songs


def test_digests_tell_other_words_and_nothing_else() -> None:
    plain = catalog(4)
    sung = plain.with_raw(terms=lyric_terms(["one two", "one two", None, "three"]))
    changed = plain.with_raw(terms=lyric_terms(["one two", "one two two", None, None]))

    before, after = raw_digests(sung.raw), raw_digests(changed.raw)

    assert (before == after).tolist() == [True, False, True, False]
    assert (raw_digests(plain.raw) == after).tolist() == [False, False, True, True]


def test_new_words_of_a_song_reach_the_index(tmp_path: Path) -> None:
    lyrics: list[str | None] = [*songs(600)[0]]
    source = catalog(600).with_raw(terms=lyric_terms(lyrics))
    index = CatalogIndex.build(tmp_path, source, source.space())
    words = index.space.slices[Modality.TEXT]
    lyrics[7] = lyrics[4]

    summary = index.refresh(source.with_raw(terms=lyric_terms(lyrics)))

    rows = index.vectors_of(np.asarray([5, 8]))[:, words][:, 48:]
    assert (summary.replaced, summary.added, summary.removed) == (1, 0, 0)
    assert float(rows[0] @ rows[1]) > 0.99 * float(rows[0] @ rows[0])
