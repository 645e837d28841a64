import pytest

from bot.presenters import chart_pictures as module
from bot.presenters.chart_pictures import MOST_BARS, tally_picture, tally_words
from bot.presenters.figures import ACCENT, INK
from bot.services.taste_answers import Kind, TallyAnswer
from recommender.tallies import Tally
from tests.bot.presenters.pictures import assert_legible, colours_of, kept_figures, pixels_of, written_on
from tests.bot.presenters.taste_answers import tally, tally_answer

MANY = Tally(counts={f"a genre with a long name {number}": 30.0 - number for number in range(30)}, known=40, total=50)


def words_on(answer: TallyAnswer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is written on a chart, once it is known to be legible."""
    with kept_figures(monkeypatch, module) as figures:
        tally_picture(answer)
    assert_legible(figures[0])
    return [each.get_text() for each in written_on(figures[0])]


def test_genres_of_the_catalog_are_bars_with_their_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = tally_answer(Kind.GENRES, tally(ska=6, folk=3, dub=0.01))

    words = words_on(answer, monkeypatch)

    assert [each for each in words if each in {"ska", "folk", "dub"}] == ["ska", "folk", "dub"]
    assert [each for each in words if each.endswith("%")] == ["60%", "30%", "<1%"]
    assert tally_words(answer) == "Genres of the catalog: ska 60%, folk 30%, dub <1%."
    assert ACCENT in colours_of(tally_picture(answer))


def test_own_genres_stand_beside_the_catalogs(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = tally_answer(Kind.GENRES, tally(ska=1, folk=9), own=tally(ska=8, dub=2))

    words = words_on(answer, monkeypatch)

    assert [each for each in words if each.endswith("%")] == ["80%", "10%", "20%", "0%"]
    assert "30 tracks by how much each counts; white: the catalog" in words
    assert tally_words(answer) == "Genres of what Ada listens to: ska 80% (catalog 10%), dub 20% (catalog 0%)."
    assert {ACCENT, INK} <= colours_of(tally_picture(answer))


def test_only_the_largest_genres_are_shown_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    words = words_on(tally_answer(Kind.GENRES, MANY), monkeypatch)

    assert sum(each.startswith("a genre") for each in words) == MOST_BARS
    assert f"4,000 tracks; {MOST_BARS} of 30 genres; a track may have several" in words


def test_fewer_genres_make_a_lower_picture() -> None:
    few = tally_picture(tally_answer(Kind.GENRES, tally(ska=6)))
    many = tally_picture(tally_answer(Kind.GENRES, MANY))

    assert pixels_of(few).width == pixels_of(many).width
    assert pixels_of(few).height < pixels_of(many).height


def test_decades_are_columns_without_gaps_between_years(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = tally_answer(Kind.DECADES, tally(y1960s=4, y1990s=6))

    words = words_on(answer, monkeypatch)

    assert [each for each in words if each.endswith("0s")] == ["1960s", "1970s", "1980s", "1990s"]
    assert [each for each in words if each.endswith("%")] == ["40%", "60%"]
    assert "4,000 tracks; 50% of unknown year" in words
    assert tally_words(answer) == "Decades of the catalog: 1960s 40%, 1990s 60%."


def test_own_decades_stand_among_those_of_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = tally_answer(Kind.DECADES, tally(y1980s=5, y1990s=5), own=tally(y1990s=10))

    words = words_on(answer, monkeypatch)

    assert [each for each in words if each.endswith("0s")] == ["1980s", "1990s"]
    assert [each for each in words if each.endswith("%")] == ["0%", "50%", "100%", "50%"]


def test_many_decades_are_named_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    words = words_on(tally_answer(Kind.DECADES, tally(y1700s=2, y2020s=8)), monkeypatch)

    assert "1700s" in words
    assert "1710s" not in words


@pytest.mark.parametrize(
    "answer", [tally_answer(Kind.GENRES, MANY), tally_answer(Kind.DECADES, tally(y1990s=1), own=tally(y1990s=1))]
)
def test_a_chart_is_drawn_the_same_each_time_with_its_words(answer: TallyAnswer) -> None:
    assert tally_picture(answer) == tally_picture(answer)
    assert tally_picture(answer).alt == tally_words(answer)
