from dataclasses import replace
from typing import Any

import pytest

from recommender.ranking.explanations import Grounds, InLists, leading_part, reason_for
from recommender.taste_profile import Evidence
from recommender.types import Modality, ReleaseDate, ScoreParts, Seed, SeedKind, SignalKind, Track, TrackKey
from tests.recommender.ranking.catalogs import NOW, track

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO
SEED = track(1, "Gravel Road", "The Anvils", genres=("rock", "harbour rock"), released=ReleaseDate(1995))
OTHER = track(2, "Lantern", "Comet Club", genres=("rock", "harbour rock"), released=ReleaseDate(1995))
STRANGER = track(3, "Velvet", "Nobody Else", genres=("jazz",), released=ReleaseDate(2015))


def by_track(
    of: Track = STRANGER,
    *,
    cosines: dict[Modality, float] | None = None,
    parts: ScoreParts | None = None,
    seed: Seed | None = None,
    because_of: Track | None = SEED,
    **more: Any,
) -> str:
    grounds = Grounds(
        seed=seed or Seed(kind=SeedKind.TRACK, tracks=(TrackKey(1),)),
        track=of,
        parts=parts or ScoreParts(text=0.2, audio=0.25),
        cosines=cosines if cosines is not None else {TEXT: 0.5, AUDIO: 0.8},
        because_of=because_of,
    )
    return reason_for(replace(grounds, **more))


def member(*kinds: SignalKind, plays: int = 0) -> str:
    evidence = Evidence(strength=1.0, plays=plays, kinds=frozenset(kinds), newest=NOW)
    return by_track(seed=Seed(kind=SeedKind.MEMBER), evidence=evidence)


def test_the_largest_parts_are_named_largest_first() -> None:
    assert by_track() == "Close in sound and words to “Gravel Road” by The Anvils"


def test_a_small_part_is_not_named() -> None:
    reason = by_track(parts=ScoreParts(text=0.3, audio=0.05), cosines={TEXT: 0.6, AUDIO: 0.4})

    assert reason == "Close in words to “Gravel Road” by The Anvils"


def test_a_large_part_of_what_is_not_close_is_not_called_close() -> None:
    reason = by_track(parts=ScoreParts(text=0.2, audio=0.1), cosines={TEXT: 0.25, AUDIO: 0.5})

    assert reason.startswith("Close in sound to")


def test_when_nothing_is_close_it_says_so() -> None:
    reason = by_track(parts=ScoreParts(text=0.05, audio=0.03), cosines={TEXT: 0.1, AUDIO: 0.1})

    assert reason == "Not very close, but nearest in words to “Gravel Road” by The Anvils"


def test_three_modalities_are_listed() -> None:
    reason = by_track(parts=ScoreParts(text=0.3, image=0.2, audio=0.25), cosines={TEXT: 0.6, IMAGE: 0.9, AUDIO: 0.7})

    assert reason.startswith("Close in words, sound and cover to")


def test_what_is_guessed_is_not_called_close_and_is_owned_up_to() -> None:
    reason = by_track(inferred=frozenset({AUDIO}))

    assert reason == ("Close in words to “Gravel Road” by The Anvils; its sound is guessed from related tracks")


def test_when_all_is_guessed_nothing_is_claimed() -> None:
    reason = by_track(cosines={AUDIO: 0.9}, parts=ScoreParts(audio=0.5), inferred=frozenset({AUDIO}))

    assert reason.startswith("The nearest by what can be guessed to “Gravel Road”")


def test_what_both_share_is_told_with_the_narrowest_genre() -> None:
    reason = by_track(OTHER, parts=ScoreParts(text=0.2, audio=0.25, era=0.1))

    assert reason.endswith("; both harbour rock from 1995")


def test_years_nearby_are_the_same_years_and_years_apart_are_not_told() -> None:
    near = replace(OTHER, released=ReleaseDate(1997), genres=())
    far = replace(OTHER, released=ReleaseDate(2007), genres=())

    assert by_track(near, parts=ScoreParts(audio=0.25, era=0.1)).endswith("; both from the same years")
    assert "years" not in by_track(far, parts=ScoreParts(audio=0.25, era=0.01))


def test_years_that_did_not_count_are_not_told() -> None:
    assert "1995" not in by_track(OTHER, parts=ScoreParts(audio=0.25))


def test_the_same_artist_is_told() -> None:
    reason = by_track(replace(STRANGER, artists=("Guest", "the anvils")))

    assert reason == "Also by The Anvils: close in sound and words to “Gravel Road”"


def test_an_artist_whom_both_share_without_leading_is_told_with_who_leads() -> None:
    own = replace(SEED, artists=("The Anvils", "Guest"))

    reason = by_track(replace(STRANGER, artists=("Guest",)), because_of=own)

    assert reason == "Also by Guest: close in sound and words to “Gravel Road” by The Anvils"


def test_a_name_is_not_said_twice() -> None:
    theirs = replace(OTHER, artists=("The Anvils",))
    evidence = Evidence(strength=1.0, plays=9, kinds=frozenset({SignalKind.PLAY}), newest=NOW)
    parts = ScoreParts(text=0.2, audio=0.25, era=0.1, discovery=0.2)

    reason = by_track(theirs, seed=Seed(kind=SeedKind.MEMBER), evidence=evidence, parts=parts, is_familiar=True)

    assert reason == (
        "Because you often play “Gravel Road” by The Anvils: same artist, close in sound and words; "
        "both harbour rock from 1995"
    )


def test_popularity_is_told_when_it_decides() -> None:
    popular = replace(STRANGER, popularity=95)

    assert by_track(popular, parts=ScoreParts(text=0.1, audio=0.1, popularity=0.5)).endswith("; popular")
    assert "popular" not in by_track(popular, parts=ScoreParts(text=0.1, audio=0.6, popularity=0.5))
    assert "popular" not in by_track(STRANGER, parts=ScoreParts(text=0.1, audio=0.1, popularity=0.5))


def test_what_is_only_popular_is_not_given_another_reason() -> None:
    popular = replace(STRANGER, popularity=95)
    parts, cosines = ScoreParts(text=0.02, popularity=0.5), {TEXT: 0.1}

    assert by_track(popular, parts=parts, cosines=cosines) == "Popular, though not close to what you asked about"
    assert by_track(popular, parts=parts, cosines=cosines, seed=Seed(kind=SeedKind.MEMBER)) == (
        "Popular, though not close to what you like"
    )


@pytest.mark.parametrize(
    ("kinds", "plays", "because"),
    [
        ({SignalKind.PLAY}, 5, "Because you often play “Gravel Road” by The Anvils: close in sound and words"),
        ({SignalKind.PLAY}, 1, "Because you played “Gravel Road” by The Anvils: close in sound and words"),
        ({SignalKind.LIKE, SignalKind.PLAY}, 9, "Because you liked “Gravel Road”"),
        ({SignalKind.TOP_LONG}, 0, "Because “Gravel Road” by The Anvils is among your top tracks"),
        ({SignalKind.SAVED, SignalKind.PLAY}, 1, "Because you saved “Gravel Road”"),
        ({SignalKind.PLAYLIST}, 0, "Because “Gravel Road” by The Anvils is in a playlist of yours"),
    ],
)
def test_a_member_hears_what_they_did_with_the_track_behind_it(
    kinds: set[SignalKind], plays: int, because: str
) -> None:
    assert member(*kinds, plays=plays).startswith(because)


def test_an_artist_that_the_member_plays_is_told_when_the_familiar_was_asked_for() -> None:
    sought = by_track(parts=ScoreParts(audio=0.3, discovery=0.2), is_familiar=True)
    not_sought = by_track(parts=ScoreParts(audio=0.3), is_familiar=True)

    assert sought.endswith("; by an artist you play")
    assert "you play" not in not_sought


def test_an_artist_seed_is_named_as_the_artist() -> None:
    asked = Seed(kind=SeedKind.ARTIST, artist="The Anvils")

    assert by_track(seed=asked) == "Close in sound and words to “Gravel Road” by The Anvils"
    assert by_track(SEED, seed=asked, because_of=None) == "By The Anvils, the artist you asked about"


def test_a_prompt_and_a_picture_are_named() -> None:
    prompt, picture = Seed(kind=SeedKind.PROMPT, prompt="songs  for a\nnight drive"), Seed(kind=SeedKind.COVER)

    assert by_track(seed=prompt, because_of=None, cosines={TEXT: 0.5}) == (
        "Its words are close to “songs for a night drive”"
    )
    assert by_track(seed=prompt, because_of=None, cosines={TEXT: 0.5, AUDIO: 0.5}) == (
        "Its words are close to “songs for a night drive”; close in sound to other matches"
    )
    assert by_track(seed=picture, because_of=None, cosines={AUDIO: 0.5}) == (
        "Close in sound to tracks whose cover looks like your picture"
    )
    assert by_track(seed=picture, because_of=None, cosines={IMAGE: 0.1}) == (
        "Not very close, but among the nearest to your picture"
    )


def test_without_a_track_behind_it_nothing_is_invented() -> None:
    assert by_track(because_of=None) == "Close in sound and words to what you asked about"
    assert by_track(because_of=None, seed=Seed(kind=SeedKind.MEMBER)) == "Close in sound and words to what you like"


def test_a_reason_is_one_line_of_reasonable_length() -> None:
    long = replace(SEED, title="Gravel\n" * 90, artists=("The Anvils " * 30,))

    reason = by_track(because_of=long)

    assert "\n" not in reason
    assert len(reason) < 220


class TestLists:
    """Where the lists of others give the largest part."""

    PARTS = ScoreParts(text=0.1, audio=0.2, collaborative=0.5)

    def by_lists(self, of: Track = STRANGER, *, lists: int = 2, by_artist: bool = False, **more: Any) -> str:
        said = {"parts": self.PARTS, "is_nearest": False, "in_lists": InLists(lists=lists, by_artist=by_artist), **more}
        return by_track(of, **said)

    def of_member(self, of: Track = STRANGER, name: str | None = None, **more: Any) -> str:
        evidence = Evidence(strength=1.0, plays=9, kinds=frozenset({SignalKind.PLAY}), newest=NOW)
        return self.by_lists(of, seed=Seed(kind=SeedKind.MEMBER, name=name), evidence=evidence, **more)

    def test_people_who_have_the_seed_are_told_of(self) -> None:
        assert self.by_lists() == "People who have “Gravel Road” by The Anvils also have this"
        assert self.of_member() == (
            "Because you often play “Gravel Road” by The Anvils: people who have it also have this"
        )
        assert self.of_member(name="Ada") == (
            "Because of “Gravel Road” by The Anvils in Ada's listening: people who have it also have this"
        )

    def test_one_list_is_not_called_people(self) -> None:
        assert self.by_lists(lists=1) == "A list that has “Gravel Road” by The Anvils has this too"
        assert self.of_member(lists=1).endswith(": a list that has it has this too")

    def test_listeners_of_an_artist_are_told_of_where_only_they_speak(self) -> None:
        assert self.by_lists(by_artist=True) == "Listeners of The Anvils also have Nobody Else"
        assert self.by_lists(by_artist=True, lists=1) == "A list with The Anvils has Nobody Else too"
        assert self.of_member(by_artist=True) == (
            "Because you often play “Gravel Road” by The Anvils: listeners of The Anvils also have Nobody Else"
        )

    def test_the_same_artist_is_told_and_not_twice(self) -> None:
        theirs = replace(STRANGER, artists=("The Anvils",))
        guest = replace(STRANGER, artists=("Guest",))

        assert self.by_lists(theirs) == "Also by The Anvils: people who have “Gravel Road” also have this"
        assert self.by_lists(guest, because_of=replace(SEED, artists=("The Anvils", "Guest"))) == (
            "Also by Guest: people who have “Gravel Road” by The Anvils also have this"
        )
        assert self.of_member(theirs).endswith(": same artist, and people who have it also have this")

    def test_closeness_is_told_only_of_the_track_that_was_compared(self) -> None:
        assert self.by_lists(is_nearest=True).endswith(" also have this; close in sound and words too")
        assert "close" not in self.by_lists(is_nearest=False)
        assert "close" not in self.by_lists(is_nearest=True, cosines={})

    def test_what_both_share_is_told_of_the_track_that_is_named(self) -> None:
        assert self.by_lists(OTHER).endswith("; both harbour rock")

    def test_where_no_own_track_shares_a_list_nothing_is_claimed_of_one(self) -> None:
        reason = self.by_lists(in_lists=None)

        assert reason == "Near to what you asked about in the lists of others"
        assert self.of_member(in_lists=None) == "Near to what you like in the lists of others"

    def test_a_popular_track_that_lists_brought_is_not_merely_popular(self) -> None:
        popular = replace(STRANGER, popularity=95)
        parts = ScoreParts(collaborative=0.3, popularity=0.5)

        assert self.by_lists(popular, parts=parts, cosines={}) == (
            "People who have “Gravel Road” by The Anvils also have this; popular"
        )
        assert "popular" not in self.by_lists(popular, parts=ScoreParts(collaborative=0.6, popularity=0.5, text=0.1))

    def test_where_content_was_not_compared_it_is_not_called_far(self) -> None:
        popular = replace(STRANGER, popularity=95)

        assert by_track(popular, parts=ScoreParts(popularity=0.5), cosines={}) == "Popular"


class TestArtists:
    """Where the artist gives the largest part."""

    PARTS = ScoreParts(text=0.1, audio=0.1, artist=0.4)
    THEIRS = replace(STRANGER, artists=("The Anvils",))

    def test_the_artist_is_the_reason(self) -> None:
        assert by_track(self.THEIRS, parts=self.PARTS, is_nearest=False) == "By the same artist as “Gravel Road”"
        seed = Seed(kind=SeedKind.MEMBER)
        assert by_track(self.THEIRS, parts=self.PARTS, is_nearest=False, seed=seed) == (
            "Because you know “Gravel Road” by The Anvils: same artist"
        )

    def test_what_is_not_close_is_not_apologised_for(self) -> None:
        reason = by_track(self.THEIRS, parts=self.PARTS, cosines={TEXT: 0.1})

        assert reason == "By the same artist as “Gravel Road”"

    def test_what_is_close_is_told_too(self) -> None:
        reason = by_track(self.THEIRS, parts=self.PARTS)

        assert reason == "Also by The Anvils: close in words and sound to “Gravel Road”"


def test_the_leading_part_is_the_largest_of_modalities_and_artist() -> None:
    assert leading_part(ScoreParts(text=0.2, artist=0.3, popularity=0.9)) == "artist"
    assert leading_part(ScoreParts(text=0.2, collaborative=0.3, era=0.9)) == "collaborative"
    assert leading_part(ScoreParts(popularity=0.9, dislikes=-1)) == ""
