"""What can go wrong in the bot; the text of every one is safe to show to a member.

BotError
├── SettingsError             the environment or .env says something impossible
├── NotInstalledError         a command looks into an installation that is not there
├── NotFoundInCatalogError    no track or artist of that name (carries the closest)
├── UnknownGenreError         no track of the catalog is of that genre (carries the closest)
├── UnknownLanguageError      that is no language (carries the closest)
├── LanguageNotSungError      no song of the catalog is known to be sung in it
├── LinkedSongUnknownError    a link to a song that could not be looked up
├── SongUnreadableError       a song that was looked up, and of which nothing may be read
├── StillLookingUpError       a song is being looked up, which takes longer than one waits
├── TrackGoneError            a button names a track that the catalog no longer has
├── SeveralSeedsError         more than one of track, artist and prompt was given
├── TasteKeptError            a member has not agreed that others start from their taste
├── PlaylistClosedError       Spotify does not open a playlist to whoever asks
├── DatasetFileError          a dataset file cannot be read or understood
├── ContentError              a service for words or covers
│   ├── ContentBusyError      it wants a pause
│   └── ContentUnavailableError  it does not answer properly
├── PlaygroundError           the playground cannot start
├── DiscordUnavailableError   Discord does not answer at the start
├── NotLinkedError            the member has no linked Spotify account
├── LinkError                 a login could not be finished
│   ├── LoginExpiredError     unknown, used or older than ten minutes
│   ├── ConsentRefusedError   the member said no on Spotify's page
│   ├── ScopesMissingError    the member granted less than we need
│   ├── AccountTakenError     another member has linked that Spotify account
│   └── PastedAddressError    what was pasted is not the address Spotify led to
└── SpotifyError
    ├── NoSpotifyTokenError   neither the app nor the member has a token to look something up with
    ├── SpotifyNotSetUpError  the operator gave no client id, or one that Spotify does not know
    ├── NeedsRelinkError      the refresh token is dead
    ├── AccessTokenRefusedError  the access token is not valid any more; a refresh helps
    ├── SpotifyForbiddenError  this call is closed to the app or the member
    ├── NotAllowlistedError   the account is not among the app's five users
    ├── OwnerNotPremiumError  the app's owner has no Premium
    ├── QuotaExceededError    Spotify's daily quota, or our own budget, is used up
    ├── RateLimitedError      a short pause is wanted
    ├── SpotifyNotFoundError  no such thing
    └── SpotifyUnavailableError  Spotify does not answer properly
"""

from datetime import datetime, timedelta
from pathlib import Path


class BotError(Exception):
    """Base of what the bot raises on purpose; its text is safe to show."""


class SettingsError(BotError):
    """A setting is missing, a placeholder or malformed."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name


class NotInstalledError(BotError):
    """There is no installation to look into."""

    def __init__(self, home: Path) -> None:
        super().__init__(
            f"There is no installation in {home}: go to the folder of its .env, or set CRATEDIGGER_HOME. "
            "`cratedigger catalog import FILE` makes a new one."
        )
        self.home = home


class NotFoundInCatalogError(BotError):
    """Nothing in the catalog has that name."""

    def __init__(self, asked: str, closest: tuple[str, ...], *, why: tuple[str, ...] = ()) -> None:
        """Take what was asked for, what comes closest, and further sentences: why it was not found outside."""
        sentences = (f"Nothing in the catalog is called “{_one_line(asked)}”.", _closest(closest), *why)
        super().__init__(" ".join(sentences))
        self.asked = asked
        self.closest = closest


class UnknownGenreError(BotError):
    """No track of the catalog is of that genre."""

    def __init__(self, asked: str, closest: tuple[str, ...]) -> None:
        super().__init__(f"No track of the catalog is of the genre “{_one_line(asked)}”. {_closest(closest)}")
        self.closest = closest


class UnknownLanguageError(BotError):
    """That is no language."""

    def __init__(self, asked: str, closest: tuple[str, ...]) -> None:
        super().__init__(f"“{_one_line(asked)}” is no language that I know. {_closest(closest)}")
        self.closest = closest


class LanguageNotSungError(BotError):
    """No song of the catalog is known to be sung in that language."""

    def __init__(self, language: str, commonest: tuple[str, ...]) -> None:
        instead = f"There are: {'; '.join(commonest)}." if commonest else "Of none the language is known."
        super().__init__(f"No song of the catalog is known to be sung in {language}. {instead}")


class LinkedSongUnknownError(BotError):
    """The catalog does not hold the song that a link leads to, and it could not be looked up."""

    def __init__(self, why: tuple[str, ...]) -> None:
        super().__init__(" ".join(("The catalog does not hold the song behind that link.", *why)))


class SongUnreadableError(BotError):
    """A song was found outside, but nobody has words or a cover of it that may be read."""

    def __init__(self, title: str, artist: str, *, because: str) -> None:
        super().__init__(f"I found “{title}” by {artist}, but have nothing to compare it by: {because}")


class StillLookingUpError(BotError):
    """A song that is looked up takes longer than anybody should wait."""

    def __init__(self) -> None:
        super().__init__("I am still looking that song up and reading it. Ask me again in a minute.")


class DatasetFileError(BotError):
    """A dataset file cannot be read, or not understood."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be imported: {reason}.")
        self.name = name
        self.reason = reason


class ContentError(BotError):
    """A service for words or covers said no, or nothing."""


class ContentBusyError(ContentError):
    """The service wants a pause."""

    def __init__(self, service: str, retry_after: timedelta) -> None:
        super().__init__(f"{service} is busy. Try again in a few minutes.")
        self.service = service
        self.retry_after = retry_after


class ContentUnavailableError(ContentError):
    """The service does not answer, or not in a way we understand."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service} does not answer properly: {reason}.")
        self.service = service
        self.reason = reason


class TrackGoneError(BotError):
    """A track that was suggested is no longer in the catalog."""

    def __init__(self) -> None:
        super().__init__("That track is no longer in the catalog, so there is nothing to note.")


class ClosingDownError(BotError):
    """Work was given up because the bot is being stopped."""

    def __init__(self) -> None:
        super().__init__("I am being restarted just now: ask me again in a minute.")


class UnknownButtonError(BotError):
    """A button was pressed, or a form sent, that this version of the bot does not make."""

    def __init__(self) -> None:
        super().__init__("That is from another version of me. Use the command again for one that works.")


class SeveralSeedsError(BotError):
    """More than one thing to start from was given."""

    def __init__(self, given: tuple[str, ...]) -> None:
        super().__init__(f"Start from one thing: you gave {' and '.join(given)}. Leave all but one empty.")
        self.given = given


class TasteKeptError(BotError):
    """Members were named who have not agreed that others start from their taste."""

    def __init__(self, names: tuple[str, ...]) -> None:
        who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        has = "has" if len(names) == 1 else "have"
        super().__init__(
            f"{who} {has} not agreed that others start from their taste. They can, with `/privacy taste:share`."
        )
        self.names = names


class PlaylistClosedError(BotError):
    """Spotify does not open a playlist to whoever asks."""

    def __init__(self, *, is_linked: bool) -> None:
        """Say whether a linked member asked."""
        super().__init__(
            "Spotify lets me read only playlists that you made, or work on with others; it keeps this one closed. "
            "Copy its songs into a playlist of your own, or name some of them."
            if is_linked
            else "I read a playlist on Spotify as the member who asks, so Spotify has to be linked first: `/link`. "
            "Or name some of its songs."
        )


class PlaygroundError(BotError):
    """The playground cannot start, for the reason that the text gives."""


class DiscordUnavailableError(BotError):
    """Discord cannot be reached, or does not answer properly, when the bot starts."""

    def __init__(self) -> None:
        super().__init__(
            "Discord does not answer. Check the network, or DISCORD_API_BASE if it is set, and start again."
        )


class NotLinkedError(BotError):
    """The member has no linked account."""

    def __init__(self) -> None:
        super().__init__(
            "You have not linked Spotify yet. Use /link, or give me a song: /recommend track, or /recommend prompt."
        )


class LinkError(BotError):
    """A login could not be finished."""


class LoginExpiredError(LinkError):
    """The login is unknown, was used already, or is too old."""

    def __init__(self) -> None:
        super().__init__("This login link has expired or was used already. Use /link in Discord for a new one.")


class ConsentRefusedError(LinkError):
    """The member said no."""

    def __init__(self) -> None:
        super().__init__("Spotify was not linked because you declined. Nothing was stored; /link starts again.")


class ScopesMissingError(LinkError):
    """The member granted less than we need."""

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__(
            f"Spotify did not grant {', '.join(sorted(missing))}. Use /link again and leave every permission on."
        )
        self.missing = missing


class AccountTakenError(LinkError):
    """Another member has linked that Spotify account."""

    def __init__(self) -> None:
        super().__init__(
            "Another Discord account is linked to this Spotify account. Use /unlink there first, then /link here."
        )


class PastedAddressError(LinkError):
    """What was pasted is not the address Spotify led to."""

    def __init__(self, expected: str) -> None:
        super().__init__(
            f"That is not the address Spotify led you to. After you agree, copy the whole address from the browser; "
            f"it starts with {expected} and contains a code."
        )
        self.expected = expected


class SpotifyError(BotError):
    """Spotify said no, or nothing."""


class SpotifyNotSetUpError(SpotifyError):
    """The operator gave no client id, or one that Spotify does not know."""

    def __init__(self) -> None:
        super().__init__(
            "Spotify is not set up for this bot: its operator sets SPOTIFY_CLIENT_ID. "
            "/recommend track and /recommend prompt work without it."
        )


class NoSpotifyTokenError(SpotifyError):
    """Spotify's catalog cannot be asked: the app has no secret, and whoever asks has no link."""

    def __init__(self, *, is_member: bool) -> None:
        """Say whether it is a member who asks."""
        super().__init__(
            "Spotify cannot be asked: this bot's app has no secret, and you have not linked Spotify (/link)."
            if is_member
            else "Spotify cannot be asked: SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET are not both set."
        )


class AccessTokenRefusedError(SpotifyError):
    """The access token is not valid any more; whoever holds the refresh token gets another and asks again."""

    def __init__(self) -> None:
        super().__init__("Spotify did not accept the login. Try again; if it happens again, use /link.")


class SpotifyForbiddenError(SpotifyError):
    """Spotify closes this call to the app, or this thing to the member."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Spotify does not let this bot read {what}.")
        self.what = what


class NeedsRelinkError(SpotifyError):
    """The refresh token is dead: six months passed, or access was withdrawn."""

    def __init__(self) -> None:
        super().__init__("Your Spotify link has ended (Spotify ends it after six months). Use /link to renew it.")


class NotAllowlistedError(SpotifyError):
    """The account is not on the app's list of users."""

    def __init__(self) -> None:
        super().__init__(
            "This Spotify account is not on the list of the app's five users. Ask the operator to add you under "
            "Users Management; /recommend track and /recommend prompt work without a link."
        )


class OwnerNotPremiumError(SpotifyError):
    """The app's owner has no Premium, so Spotify refuses every call."""

    def __init__(self) -> None:
        super().__init__("Spotify refuses this bot because its operator's account has no active Premium.")


class QuotaExceededError(SpotifyError):
    """The quota of the app, or our own budget, is used up."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"Spotify's quota is used up until <t:{int(until.timestamp())}:f>. Nothing was lost.")
        self.until = until


class RateLimitedError(SpotifyError):
    """Spotify wants a short pause."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("Spotify is busy. Try again in a minute.")
        self.retry_after = retry_after


class SpotifyNotFoundError(SpotifyError):
    """Spotify has no such thing."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Spotify has no {what}.")
        self.what = what


class SpotifyUnavailableError(SpotifyError):
    """Spotify does not answer, or not in a way we understand."""

    def __init__(self) -> None:
        super().__init__("Spotify does not answer at the moment. Try again in a few minutes.")


def _one_line(asked: str) -> str:
    return " ".join(asked.split())


def _closest(names: tuple[str, ...]) -> str:
    return f"Closest: {'; '.join(names)}." if names else "Nothing there comes close, either."
