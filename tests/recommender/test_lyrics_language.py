"""The language of invented lyrics."""

import pytest

from recommender.lyrics_language import LyricsLanguage

VERSES = {
    "en": "I walk alone beneath the silver rain\nAnd every street light calls me by your name\n"
    "The night is long, the river runs below\nI have no home and nowhere else to go",
    "es": "Camino solo bajo la lluvia fría\nY cada calle sabe que fuiste mía\n"
    "La noche es larga y el río no se calla\nYo guardo tu recuerdo en la muralla",
    "pt": "Caminho sozinho na chuva da cidade\nE cada rua me fala de saudade\n"
    "A noite é longa e o rio não descansa\nEu guardo no meu peito a tua lembrança",
    "de": "Ich gehe allein im silbernen Regen\nUnd niemand kommt mir heute noch entgegen\n"
    "Die Nacht ist lang, der Fluss zieht still dahin\nIch weiß nicht mehr, wohin ich unterwegs bin",
    "fr": "Je marche seul sous la pluie argentée\nEt chaque rue se souvient du passé\n"
    "La nuit est longue et la rivière coule\nJe cherche ton visage dans la foule",
    "it": "Cammino solo sotto la pioggia leggera\nE ogni strada mi parla di ieri sera\n"
    "La notte è lunga e il fiume non riposa\nIo tengo in mano ancora la tua rosa",
    "ja": "銀色の雨の中を一人で歩く\n街の灯りがあなたの名前を呼ぶ\n夜は長く川は静かに流れる",
    "ko": "은빛 비 속을 나 홀로 걸어가네\n가로등마다 너의 이름을 부르네\n밤은 길고 강물은 흐르네",
}


@pytest.fixture(scope="module")
def language() -> LyricsLanguage:
    return LyricsLanguage()


@pytest.mark.parametrize("code", VERSES)
def test_a_verse_tells_its_language(language: LyricsLanguage, code: str) -> None:
    assert language(VERSES[code]) == code


def test_too_few_words_tell_nothing(language: LyricsLanguage) -> None:
    assert language(VERSES["en"].splitlines()[0]) is None
    assert language("") is None


def test_what_is_repeated_proves_no_more(language: LyricsLanguage) -> None:
    assert language("\n".join(VERSES["en"].splitlines()[:1] * 20)) is None


def test_words_that_mean_nothing_tell_nothing(language: LyricsLanguage) -> None:
    sung = "La la la la la la la\nNa na na na hey hey hey\nOh oh oh oh yeah yeah\nDoo doo doo wop wop\n"

    assert language(sung * 2 + "Sha la la la la la la la dee dum dee dum\nBa ba ba ba ba da ba da ba da\n") is None


def test_a_song_in_two_languages_tells_none(language: LyricsLanguage) -> None:
    assert language(f"{VERSES['de']}\n{VERSES['fr']}\n{VERSES['es']}\n{VERSES['it']}\n{VERSES['pt']}") is None


def test_notes_in_brackets_do_not_count(language: LyricsLanguage) -> None:
    noted = "[Chorus: the whole band sings along with everybody here]\n(spoken words while the music is fading away)\n"

    assert language(noted * 3) is None
    assert language("".join(f"{noted}{line}\n" for line in VERSES["es"].splitlines())) == "es"
