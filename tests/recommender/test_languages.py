import pytest

from recommender.languages import closest_names, code_of, name_of


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("eng", "en"),
        ("pt-BR", "pt"),
        ("zh_Hans", "zh"),
        ("ger", "de"),
        ("iw", "he"),
        ("English", "en"),
        (" spanish ", "es"),
        ("Brazilian Portuguese", "pt"),
        ("Español", "es"),
        ("DEUTSCH", "de"),
        ("日本語", "ja"),
        ("Farsi", "fa"),
        ("Bengali", "bn"),
    ],
)
def test_a_language_is_understood_by_code_and_name(written: str, code: str) -> None:
    assert code_of(written) == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [("nb", "no"), ("Nynorsk", "no"), ("yue", "zh"), ("Cantonese", "zh"), ("fil", "tl"), ("arz", "ar")],
)
def test_a_kind_counts_with_its_language(kind: str, code: str) -> None:
    assert code_of(kind) == code


@pytest.mark.parametrize("written", ["", "  ", "xx", "und", "zxx", "instrumental", "Klingon", "12", "en" * 40])
def test_what_is_no_language_is_none(written: str) -> None:
    assert code_of(written) is None


def test_names_are_those_that_people_use() -> None:
    assert [name_of(code) for code in ("en", "el", "tl")] == ["English", "Greek", "Tagalog"]
    assert name_of("qq") == "qq"


def test_a_misspelt_name_brings_the_closest() -> None:
    assert closest_names("Spansh", ["da", "es", "en"], 1) == ["Spanish"]
    assert closest_names("Spansh", [], 1) == ["Spanish"]
    assert closest_names("xqzzxq", ["da", "es", "en"], 3) == []
