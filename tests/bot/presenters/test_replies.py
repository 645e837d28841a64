from datetime import UTC, datetime

from bot.presenters.linking import invitation_text, linked_text, unlinked_text
from bot.presenters.privacy import people_text, taste_text
from bot.presenters.status import status_text
from bot.presenters.verdicts import noted, taken_back
from recommender.types import Verdict
from tests.wire.bot_on_discord import track


def test_verdicts_are_confirmed_with_the_song_they_are_about() -> None:
    assert noted(track(), Verdict.LIKE) == "👍 Noted: more like **Copper Rain** by The Night Ferries."
    assert noted(track(artists=()), Verdict.DISLIKE) == ("👎 Noted: less like **Copper Rain**, and not this one again.")
    assert "**Copper Rain**" in taken_back(track())


def test_invitation_says_when_it_ends_and_what_is_read() -> None:
    public = invitation_text(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), is_local=False)
    local = invitation_text(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), is_local=True)

    assert "<t:1795176000:R>" in public
    assert "what you played, saved and like most" in public
    assert "From another device" not in public
    assert "From another device" in local


def test_linking_and_unlinking_are_told_plainly() -> None:
    assert "**a\\*b**" in linked_text("a*b")
    assert unlinked_text(was_linked=True).startswith("Unlinked.")
    assert unlinked_text(was_linked=False).startswith("There was no")


def test_sharing_is_explained_with_the_present_state_and_the_way_to_change_it() -> None:
    shared, kept = people_text(shares=True), people_text(shares=False)

    assert "**You share.**" in shared
    assert "`/privacy people:keep to myself`" in shared
    assert "**You keep it to yourself**" in kept
    assert "`/privacy people:share`" in kept
    assert "nightly refresh" in shared
    assert "nightly refresh" in kept


def test_an_open_taste_is_explained_with_the_present_state_and_the_way_to_change_it() -> None:
    opened, closed = taste_text(is_open=True), taste_text(is_open=False)

    assert "**Your taste is open to them.**" in opened
    assert "`/privacy taste:keep to myself`" in opened
    assert "**Your taste is closed to them**" in closed
    assert "`/privacy taste:share`" in closed
    for text in (opened, closed):
        assert "which of your songs each is near to; never all that you play" in text


def test_status_lists_named_facts() -> None:
    assert status_text([("Catalog", "640 tracks")]) == "### Cratedigger\n**Catalog** 640 tracks"
