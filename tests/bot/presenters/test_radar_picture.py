import pytest

from bot.presenters import radar_picture as module
from bot.presenters.figures import ACCENT, INK, PALETTE
from bot.presenters.radar_picture import sound_picture, sound_words
from bot.services.taste_answers import SoundAnswer
from recommender.tallies import SOUND_FEATURES, Spread
from tests.bot.presenters.pictures import assert_legible, colours_of, kept_figures, written_on
from tests.bot.presenters.taste_answers import ADA, CATALOG, SONGS, sound, sound_answer


def words_on(answer: SoundAnswer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is written on a radar, once it is known to be legible."""
    with kept_figures(monkeypatch, module) as figures:
        sound_picture(answer)
    assert_legible(figures[0])
    return [each.get_text() for each in written_on(figures[0])]


@pytest.mark.parametrize("parts", [("ska", "folk"), ("ska", "folk", "dub", "a genre with a very long name indeed")])
def test_the_catalogs_sound_is_that_of_its_parts(parts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    answer = sound_answer(*parts)

    words = words_on(answer, monkeypatch)

    assert set(SOUND_FEATURES) <= set(words)
    assert "catalog 0.50" in words
    assert {"ska", "folk", "+1", "0"} <= set(words)
    assert set(PALETTE[: len(parts)]) <= colours_of(sound_picture(answer))


def test_a_members_sound_is_shown_on_average_and_by_interest(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = sound_answer("ska", "dub", whose=ADA)

    words = words_on(answer, monkeypatch)

    assert "The sound of what Ada listens to" in words
    assert {"on average", "ska", "dub"} <= set(words)
    assert {INK, *PALETTE[:2]} <= colours_of(sound_picture(answer))


def test_one_song_needs_no_legend(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = sound_answer(whose=SONGS)

    words = words_on(answer, monkeypatch)

    assert "on average" not in words
    assert "0.55, catalog 0.50" in words
    assert ACCENT in colours_of(sound_picture(answer))


def test_units_are_shown_and_minus_signs_are_minus_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = {
        **sound(),
        "loudness": Spread(mean=-10.6, deviation=2, known=9),
        "tempo": Spread(mean=120, deviation=20, known=9),
    }
    whole = {
        **sound(),
        "loudness": Spread(mean=-12.7, deviation=2, known=9),
        "tempo": Spread(mean=90, deviation=20, known=9),
    }
    answer = SoundAnswer(whose=ADA, whole=whole, parts=(), catalog=catalog)

    words = words_on(answer, monkeypatch)

    assert "−13, catalog −11 dB" in words
    assert "90, catalog 120 bpm" in words
    assert "loudness −13 dB (-1.0)" in sound_words(answer)


def test_extremes_stay_on_the_radar_and_equal_catalogs_do_not_divide_by_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    far = sound_answer("ska", "dub", shift=100)
    flat = {name: Spread(mean=0.5, deviation=0.0, known=1) for name in SOUND_FEATURES}

    assert "+3" in words_on(far, monkeypatch)
    assert "(+0.0)" in sound_words(SoundAnswer(whose=ADA, whole=sound(), parts=(), catalog=flat))


def test_only_features_that_all_have_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = SoundAnswer(
        whose=CATALOG, whole=None, parts=(("ska", sound(1, SOUND_FEATURES[:4])), ("dub", sound(2))), catalog=sound()
    )

    words = words_on(answer, monkeypatch)

    assert set(SOUND_FEATURES) & set(words) == set(SOUND_FEATURES[:4])


def test_a_radar_is_drawn_the_same_each_time_with_its_words() -> None:
    answer = sound_answer("ska", "dub")

    assert sound_picture(answer) == sound_picture(answer)
    assert sound_picture(answer).alt == sound_words(answer)
