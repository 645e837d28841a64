from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recommender.audio_columns import AUDIO_COLUMNS
from recommender.errors import IndexFileError, NothingToGoOnError
from recommender.fused_space import LYRICS_SHARE, MODALITIES, FusedSpace
from recommender.fusion import Evidence, artist_code, fuse
from recommender.lyric_space import LYRIC_COLUMNS
from recommender.lyric_terms import lyric_terms
from recommender.space_fit import ENOUGH_COVERS, IMAGE_COLUMNS
from recommender.types import Matrix, Modality, Vector, Weights
from tests.recommender.index.catalogs import AUDIO_COLUMNS as GIVEN_AUDIO_COLUMNS
from tests.recommender.index.catalogs import GivenCatalog, catalog
from tests.recommender.songbook import songs

EVERYTHING = Weights(text=0.5, image=0.2, audio=0.3)
PRESENT = (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
CATALOG = catalog(120)
SPACE = CATALOG.space()
SONGS: list[str | None] = [*songs(800)[0]]
SONGS[3::4] = [None] * 200
SUNG = catalog(800).with_raw(terms=lyric_terms(SONGS))


def lengths(rows: Matrix) -> Vector:
    norms: Vector = np.linalg.norm(rows, axis=1)
    return norms


def raw_of(source: GivenCatalog, modality: Modality) -> Matrix:
    return {
        Modality.TEXT: source.raw.text,
        Modality.IMAGE: source.raw.image,
        Modality.AUDIO: source.raw.audio,
        Modality.COLLABORATIVE: np.zeros((len(source.raw.keys), 0), dtype=np.float32),
    }[modality]


def numbers(*shape: int, nan: bool = False) -> st.SearchStrategy[Matrix]:
    finite = st.floats(-4, 4, width=32)
    return arrays.arrays(np.float32, shape, elements=finite | st.just(float("nan")) if nan else finite)


weights = st.builds(Weights, **{each.value: st.floats(0, 10) for each in PRESENT})


class TestSubVectors:
    @example(np.full((4, 48), 9e-27, dtype=np.float32))
    @given(numbers(4, 48))
    def test_words_are_of_unit_length_or_zero(self, raw: Matrix) -> None:
        rows = SPACE.sub_vectors(Modality.TEXT, raw)

        has_words = np.linalg.norm(raw.astype(np.float64), axis=1) > 1e-30
        assert lengths(rows)[has_words] == pytest.approx(1, abs=1e-5)
        assert not rows[~raw.any(axis=1)].any()

    @given(numbers(4, GIVEN_AUDIO_COLUMNS, nan=True))
    def test_sound_is_as_long_as_the_root_of_what_is_known(self, raw: Matrix) -> None:
        rows = SPACE.sub_vectors(Modality.AUDIO, raw)

        known = np.isfinite(raw).mean(axis=1)
        at_the_mean = lengths(rows) == 0
        assert lengths(rows)[~at_the_mean] == pytest.approx(np.sqrt(known)[~at_the_mean], abs=1e-5)
        assert not rows[np.isnan(raw)].any()

    @pytest.mark.parametrize("modality", PRESENT)
    def test_nothing_stays_nothing(self, modality: Modality) -> None:
        nothing = np.full_like(raw_of(CATALOG, modality)[:3], np.nan if modality is Modality.AUDIO else 0)

        assert not SPACE.sub_vectors(modality, nothing).any()

    @pytest.mark.parametrize("modality", [Modality.TEXT, Modality.IMAGE])
    def test_a_spoilt_row_counts_as_missing(self, modality: Modality) -> None:
        raw = raw_of(CATALOG, modality)[:3].copy()
        raw[1, 5] = np.nan

        rows = SPACE.sub_vectors(modality, raw)

        assert lengths(rows) == pytest.approx([1, 0, 1], abs=1e-5)

    @pytest.mark.parametrize("modality", PRESENT)
    def test_batch_and_single_agree(self, modality: Modality) -> None:
        raw = raw_of(CATALOG, modality)[:10]

        together = SPACE.sub_vectors(modality, raw)

        assert together.dtype == np.float32
        assert together == pytest.approx(
            np.concatenate([SPACE.sub_vectors(modality, row[None]) for row in raw]), abs=1e-6
        )

    @pytest.mark.parametrize("modality", MODALITIES)
    def test_refuses_another_width(self, modality: Modality) -> None:
        with pytest.raises(ValueError, match=f"raw {modality} rows"):
            SPACE.sub_vectors(modality, np.ones((2, 77), dtype=np.float32))

    def test_collaborative_has_a_place_without_columns(self) -> None:
        assert SPACE.sub_vectors(Modality.COLLABORATIVE, np.zeros((4, 0), dtype=np.float32)).shape == (4, 0)

    def test_one_absurd_feature_does_not_drown_the_others(self) -> None:
        raw = CATALOG.raw.audio[:1] + SPACE.audio_scale
        raw[0, 0] = 1e9

        row = SPACE.sub_vectors(Modality.AUDIO, raw)[0]

        assert np.count_nonzero(np.abs(row) > 0.05) > 1

    def test_what_all_tracks_share_is_taken_out(self) -> None:
        shared = CATALOG.with_raw(text=CATALOG.raw.text * np.float32(0.2) + np.eye(48, dtype=np.float32)[0])
        raw_cosines = shared.raw.text / lengths(shared.raw.text)[:, None]

        rows = shared.space().sub_vectors(Modality.TEXT, shared.raw.text)

        assert (raw_cosines @ raw_cosines.T).mean() > 0.9
        assert abs((rows @ rows.T).mean()) < 0.25


class TestLyrics:
    def test_the_words_of_lyrics_lie_beside_what_was_read(self) -> None:
        space = SUNG.space()

        assert space.dims[Modality.TEXT] == 48 + LYRIC_COLUMNS
        assert space.slices[Modality.IMAGE].start == 48 + LYRIC_COLUMNS

    def test_tracks_with_lyrics_are_of_unit_length_and_others_shorter(self) -> None:
        space = SUNG.space()
        terms = SUNG.raw.terms
        assert terms is not None

        rows = space.sub_vectors(Modality.TEXT, SUNG.raw.text[:4], terms.of_rows(range(4)))

        share = LYRICS_SHARE * 0.75  # every fourth track has none
        assert space.lyrics_share == pytest.approx(share, abs=1e-6)
        assert lengths(rows) == pytest.approx([1, 1, 1, np.sqrt(1 - share)], abs=1e-5)
        assert lengths(rows[:, 48:]) == pytest.approx(np.sqrt([share, share, share, 0]), abs=1e-5)

    def test_songs_with_like_words_are_nearer(self) -> None:
        space = SUNG.space()
        same_words = lyric_terms([SONGS[0], SONGS[4]]), lyric_terms([SONGS[0], SONGS[1]])

        alike, apart = (space.sub_vectors(Modality.TEXT, SUNG.raw.text[:2], terms) for terms in same_words)

        assert alike[0] @ alike[1] > apart[0] @ apart[1] + 0.1

    def test_a_text_without_lyrics_finds_tracks_by_what_was_read_of_them_alone(self) -> None:
        space, plain = SUNG.space(), SUNG.with_raw(terms=None).space()
        stored = fuse(space, SUNG.raw).vectors
        prompt = space.sub_vectors(Modality.TEXT, SUNG.raw.text[:1])[0]

        found = stored @ space.query({Modality.TEXT: prompt}, Weights(text=1.0))

        read = plain.sub_vectors(Modality.TEXT, SUNG.raw.text)
        assert found == pytest.approx(read @ read[0], abs=1e-4)

    def test_a_track_with_lyrics_is_most_like_itself(self) -> None:
        space = SUNG.space()
        stored = fuse(space, SUNG.raw).vectors
        query = space.query({Modality.TEXT: stored[0, space.slices[Modality.TEXT]]}, Weights(text=1.0))

        assert stored[0] @ query == pytest.approx(1, abs=1e-4)
        assert np.argmax(stored @ query) == 0

    def test_without_words_a_space_with_lyrics_still_reads(self) -> None:
        space = SUNG.space()

        assert not space.sub_vectors(Modality.TEXT, np.zeros((2, 48), dtype=np.float32)).any()
        assert space.sub_vectors(Modality.TEXT, SUNG.raw.text[:2], lyric_terms(["unheard", None]))[:, 48:].any() == 0

    def test_a_space_with_lyrics_comes_back_from_its_file(self, tmp_path: Path) -> None:
        space = SUNG.space()
        space.save(tmp_path / "space.npz")

        loaded = FusedSpace.load(tmp_path / "space.npz")

        assert loaded.fingerprint == space.fingerprint
        assert loaded.sub_vectors(Modality.TEXT, SUNG.raw.text, SUNG.raw.terms) == pytest.approx(
            space.sub_vectors(Modality.TEXT, SUNG.raw.text, SUNG.raw.terms)
        )

    def test_other_lyrics_make_another_space(self) -> None:
        other = lyric_terms([*SONGS[:-1], SONGS[0]])

        assert SUNG.with_raw(terms=other).space().fingerprint != SUNG.space().fingerprint

    def test_few_lyrics_change_nothing(self) -> None:
        few = CATALOG.with_raw(terms=lyric_terms([*SONGS[:50], *([None] * 70)]))

        assert few.space().fingerprint == SPACE.fingerprint
        assert fuse(few.space(), few.raw).vectors == pytest.approx(fuse(SPACE, CATALOG.raw).vectors)


class TestFitting:
    def test_modalities_lie_side_by_side(self) -> None:
        assert SPACE.dims == {
            Modality.TEXT: 48, Modality.IMAGE: 40, Modality.AUDIO: 5, Modality.COLLABORATIVE: 0
        }  # fmt: skip
        assert SPACE.slices[Modality.AUDIO] == slice(88, 93)
        assert SPACE.slices[Modality.COLLABORATIVE] == slice(93, 93)
        assert SPACE.dim == 93

    def test_batch_size_does_not_matter(self) -> None:
        whole = GivenCatalog(CATALOG.raw, batch_rows=1_000).space()

        assert whole.text_mean == pytest.approx(SPACE.text_mean, abs=1e-6)
        assert whole.audio_scale == pytest.approx(SPACE.audio_scale, rel=1e-5)

    @pytest.mark.parametrize("tracks", [1, 2])
    def test_tracks_of_a_tiny_catalog_are_not_centred_to_nothing(self, tracks: int) -> None:
        tiny = catalog(tracks)
        space = tiny.space()

        assert np.isfinite(space.sub_vectors(Modality.AUDIO, CATALOG.raw.audio)).all()
        assert lengths(space.sub_vectors(Modality.TEXT, tiny.raw.text)) == pytest.approx(np.ones(tracks), abs=1e-5)

    def test_an_empty_catalog_expects_our_audio_columns(self) -> None:
        space = CATALOG.only(slice(0)).space()

        assert space.dims[Modality.AUDIO] == len(AUDIO_COLUMNS)
        assert lengths(space.sub_vectors(Modality.TEXT, CATALOG.raw.text)) == pytest.approx(1, abs=1e-5)

    def test_a_feature_that_never_varies_says_nothing(self) -> None:
        audio = CATALOG.raw.audio.copy()
        audio[:, 2] = 120.0
        constant = CATALOG.with_raw(audio=audio)

        rows = constant.space().sub_vectors(Modality.AUDIO, audio)

        assert np.abs(rows[:, 2]).max() < 1e-3
        assert lengths(rows) == pytest.approx(1, abs=1e-5)

    def test_unknown_features_do_not_move_the_scale(self) -> None:
        audio = CATALOG.raw.audio.copy()
        audio[::2, 1] = np.nan

        space = CATALOG.with_raw(audio=audio).space()

        assert space.audio_mean[1] == pytest.approx(audio[1::2, 1].mean(), rel=1e-4)
        assert space.audio_scale[1] == pytest.approx(audio[1::2, 1].std(), rel=1e-3)

    def test_few_covers_are_projected_at_random_and_keep_their_cosines(self) -> None:
        few = catalog(300, image_dim=900, text_dim=4)
        space = few.space()

        assert space.image_axes.shape == (900, IMAGE_COLUMNS)
        assert space.image_axes.T @ space.image_axes == pytest.approx(np.eye(IMAGE_COLUMNS), abs=1e-5)
        centred = few.raw.image - space.image_mean
        centred /= lengths(centred)[:, None]
        projected = space.sub_vectors(Modality.IMAGE, few.raw.image)
        assert np.abs(projected @ projected.T - centred @ centred.T).mean() < 0.06

    def test_many_covers_are_projected_on_their_own_axes(self) -> None:
        rng = np.random.default_rng(2)
        inner = rng.standard_normal((ENOUGH_COVERS + 200, 30)) @ rng.standard_normal((30, 400))
        many = catalog(ENOUGH_COVERS + 200, image_dim=400, text_dim=4).with_raw(image=inner.astype(np.float32))

        space = many.space()

        unit = many.raw.image / lengths(many.raw.image)[:, None]
        centred = unit - space.image_mean
        kept = np.square(centred @ space.image_axes).sum() / np.square(centred).sum()
        assert kept > 0.999
        assert np.array_equal(space.image_axes, many.space(seed=5).image_axes)

    def test_one_cover_on_many_tracks_counts_once(self) -> None:
        image = CATALOG.raw.image.copy()
        image[:100] = image[0]

        space = CATALOG.with_raw(image=image).space()

        assert space.image_mean == pytest.approx(image[99:].sum(axis=0) / (21 + 10), abs=1e-5)

    def test_the_same_catalog_and_seed_give_the_same_space(self) -> None:
        wide = catalog(50, image_dim=300)

        assert wide.space(seed=3).fingerprint == wide.space(seed=3).fingerprint
        assert wide.space(seed=3).fingerprint != wide.space(seed=4).fingerprint


class TestFiles:
    def test_comes_back_as_it_was(self, tmp_path: Path) -> None:
        SPACE.save(tmp_path / "space.npz")

        again = FusedSpace.load(tmp_path / "space.npz")

        assert again.fingerprint == SPACE.fingerprint
        assert (again.text, again.image) == (SPACE.text, SPACE.image)
        assert np.array_equal(
            again.sub_vectors(Modality.IMAGE, CATALOG.raw.image), SPACE.sub_vectors(Modality.IMAGE, CATALOG.raw.image)
        )
        assert [path.name for path in tmp_path.iterdir()] == ["space.npz"]

    def test_what_is_no_space_is_refused(self, tmp_path: Path) -> None:
        SPACE.save(tmp_path / "good.npz")
        good = (tmp_path / "good.npz").read_bytes()
        (tmp_path / "torn.npz").write_bytes(good[:300])
        (tmp_path / "empty.npz").write_bytes(b"")
        np.savez(tmp_path / "other.npz", something=np.zeros(3))

        for name in ("torn", "empty", "other", "missing"):
            with pytest.raises(IndexFileError, match="cannot be read"):
                FusedSpace.load(tmp_path / f"{name}.npz")

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("text_mean", np.ones(48, dtype=np.float32), "not the ones that were saved"),
            ("encoders", np.asarray(["fused-space-0", "t", "48", "i", "40"]), "format is fused-space-0"),
        ],
    )
    def test_changed_numbers_and_other_formats_are_refused(
        self, tmp_path: Path, name: str, value: Matrix, reason: str
    ) -> None:
        SPACE.save(tmp_path / "space.npz")
        with np.load(tmp_path / "space.npz") as stored:
            content = dict(stored)
        np.savez(tmp_path / "changed.npz", **{**content, name: value})

        with pytest.raises(IndexFileError, match=reason):
            FusedSpace.load(tmp_path / "changed.npz")


class TestQuery:
    @given(weights.filter(lambda each: each.text + each.image + each.audio > 1e-6), st.integers(0, 119))
    def test_lengths_of_its_parts_are_the_weights_in_proportion(self, mix: Weights, row: int) -> None:
        subs = {each: SPACE.sub_vectors(each, raw_of(CATALOG, each)[row : row + 1])[0] for each in PRESENT}

        query = SPACE.query(subs, mix)

        total = mix.text + mix.image + mix.audio
        found = [np.linalg.norm(query[SPACE.slices[each]]) for each in PRESENT]
        assert found == pytest.approx([mix.of(each) / total for each in PRESENT], abs=1e-5)
        assert sum(found) == pytest.approx(1, abs=1e-5)

    @settings(max_examples=50)
    @given(weights.filter(lambda each: each.text + each.image + each.audio > 1e-6), numbers(6, 93), st.integers(0, 119))
    def test_parts_add_up_to_the_score(self, mix: Weights, vectors: Matrix, row: int) -> None:
        subs = {each: SPACE.sub_vectors(each, raw_of(CATALOG, each)[row : row + 1])[0] for each in PRESENT}
        query = SPACE.query(subs, mix)

        parts = SPACE.parts(query, vectors)

        assert list(parts) == list(MODALITIES)
        assert sum(parts.values()) == pytest.approx(vectors @ query, abs=1e-4)

    def test_parts_of_a_twin_are_the_weights(self) -> None:
        fused = fuse(SPACE, CATALOG.raw)
        subs = {each: fused.rows(each, np.asarray([7]))[0] for each in PRESENT}

        parts = SPACE.parts(SPACE.query(subs, EVERYTHING), fused.vectors[7:8])

        assert [float(parts[each][0]) for each in PRESENT] == pytest.approx([0.5, 0.2, 0.3], abs=1e-5)

    def test_what_the_seed_lacks_gives_its_weight_to_the_others(self) -> None:
        text = SPACE.sub_vectors(Modality.TEXT, CATALOG.raw.text[:1])[0]

        query = SPACE.query({Modality.TEXT: text * 3, Modality.IMAGE: np.zeros(40, dtype=np.float32)}, EVERYTHING)

        assert query[SPACE.slices[Modality.TEXT]] == pytest.approx(text, abs=1e-6)
        assert not query[48:].any()

    @pytest.mark.parametrize("sub", [np.zeros(48), np.full(48, np.nan)], ids=["zero", "nan"])
    def test_nothing_to_go_on_is_said(self, sub: Matrix) -> None:
        with pytest.raises(NothingToGoOnError):
            SPACE.query({Modality.TEXT: sub.astype(np.float32)}, EVERYTHING)

    def test_another_width_is_refused(self) -> None:
        with pytest.raises(ValueError, match="48 columns"):
            SPACE.query({Modality.TEXT: np.ones(5, dtype=np.float32)}, EVERYTHING)


class TestMissing:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
    def test_what_is_known_is_of_unit_length_what_is_inferred_shorter_what_is_unknown_zero(
        self, seed: int, no_text: float, no_image: float, no_audio: float
    ) -> None:
        gaps = np.random.default_rng(seed).random((3, 120, 1))
        source = CATALOG.with_raw(
            text=np.where(gaps[0] < no_text, 0, CATALOG.raw.text),
            image=np.where(gaps[1] < no_image, 0, CATALOG.raw.image),
            audio=np.where(gaps[2] < no_audio, np.nan, CATALOG.raw.audio),
        )

        fused = fuse(SPACE, source.raw)

        for column, modality in enumerate(PRESENT):
            length = lengths(fused.vectors[:, SPACE.slices[modality]])
            evidence = fused.evidence[:, column]
            has = gaps[column, :, 0] >= (no_text, no_image, no_audio)[column]
            assert ((evidence == Evidence.OBSERVED) == has).all()
            assert length[evidence == Evidence.OBSERVED] == pytest.approx(1, abs=1e-4)
            assert (length[evidence == Evidence.INFERRED] < 0.901).all()
            assert not length[evidence == Evidence.NONE].any()
            assert (fused.inferred[:, column] == (evidence == Evidence.INFERRED)).all()
        assert not fused.inferred[:, 3].any()

    def test_the_artists_other_tracks_stand_in(self) -> None:
        names = ("one", "one", "one", *("others",) * 117)
        image = CATALOG.raw.image.copy()
        image[0] = 0
        fused = fuse(SPACE, CATALOG.with_raw(image=image, artists=names).raw)

        columns = SPACE.slices[Modality.IMAGE]
        assert fused.vectors[0, columns] == pytest.approx(fused.vectors[1:3, columns].mean(axis=0), abs=1e-6)

    def test_a_guess_from_one_track_is_shorter_than_the_track(self) -> None:
        image = CATALOG.raw.image.copy()
        image[0] = 0
        fused = fuse(SPACE, CATALOG.with_raw(image=image, artists=("two", "two", *CATALOG.raw.artists[2:])).raw)

        columns = SPACE.slices[Modality.IMAGE]
        assert fused.vectors[0, columns] == pytest.approx(0.9 * fused.vectors[1, columns], abs=1e-6)

    def test_else_the_nearest_in_what_is_known_stand_in(self) -> None:
        image = CATALOG.raw.image.copy()
        image[0] = 0
        names = ("alone", *CATALOG.raw.artists[1:])
        fused = fuse(SPACE, CATALOG.with_raw(image=image, artists=names).raw)

        others = np.r_[SPACE.slices[Modality.TEXT], SPACE.slices[Modality.AUDIO]]
        closeness = fused.vectors[1:, others] @ fused.vectors[0, others]
        nearest = 1 + np.argsort(-closeness)[:5]
        columns = SPACE.slices[Modality.IMAGE]
        assert fused.vectors[0, columns] == pytest.approx(fused.vectors[nearest, columns].mean(axis=0), abs=1e-5)
        assert fused.evidence[0].tolist() == [Evidence.OBSERVED, Evidence.INFERRED, Evidence.OBSERVED, Evidence.NONE]

    def test_a_track_without_a_named_artist_has_no_artist_in_common_with_another(self) -> None:
        image = CATALOG.raw.image.copy()
        image[1:] = 0

        fused = fuse(SPACE, CATALOG.with_raw(image=image, artists=("",) * 120).raw)

        assert not fused.inferred.any()

    def test_a_handful_of_covers_is_no_ground_for_guesses_about_all(self) -> None:
        image = CATALOG.raw.image.copy()
        image[5:] = 0

        fused = fuse(SPACE, CATALOG.with_raw(image=image, artists=tuple(str(row) for row in range(120))).raw)

        assert not fused.inferred.any()

    def test_a_track_of_which_nothing_is_known_stays_zero(self) -> None:
        source = CATALOG.with_raw(
            text=np.where(np.arange(120)[:, None] == 4, 0, CATALOG.raw.text),
            image=np.where(np.arange(120)[:, None] == 4, 0, CATALOG.raw.image),
            audio=np.where(np.arange(120)[:, None] == 4, np.nan, CATALOG.raw.audio),
            artists=tuple(str(row) for row in range(120)),
        )

        fused = fuse(SPACE, source.raw)

        assert not fused.vectors[4].any()
        assert not fused.evidence[4].any()

    def test_other_tracks_can_be_learned_from(self) -> None:
        known = fuse(SPACE, CATALOG.raw)
        newcomer = CATALOG.only(slice(3, 4)).with_raw(image=np.zeros((1, 40), dtype=np.float32))

        assert not fuse(SPACE, newcomer.raw).inferred.any()
        assert fuse(SPACE, newcomer.raw, known).inferred[0, 1]

    def test_incomplete_tracks_are_suggested_but_do_not_crowd_out_the_others(self) -> None:
        whole = catalog(3_000, clusters=30, seed=3, noise=0.9)
        space = whole.space()
        lacks = np.random.default_rng(0).random(3_000) < 0.3
        gappy = whole.with_raw(image=np.where(lacks[:, None], 0, whole.raw.image))
        truth, inferred = fuse(space, whole.raw).vectors, fuse(space, gappy.raw).vectors
        zeros = np.where(lacks[:, None] & (np.arange(space.dim) // 48 == 1) & (np.arange(space.dim) < 88), 0, truth)

        def share(vectors: Matrix) -> float:
            seeds = np.flatnonzero(~lacks)[::20]
            return float(np.mean([lacks[np.argsort(-(vectors @ truth[row]))[:10]].mean() for row in seeds]))

        assert share(zeros) < 0.05
        assert 0.15 < share(inferred) < 0.35


def test_artist_codes_tell_names_apart_and_know_nobody() -> None:
    assert artist_code("") == 0
    assert artist_code("abba") == artist_code("abba") != artist_code("abbba")
