"""The settings of an installation: read once from the environment and ``.env`` into one frozen tree."""

import io
import ipaddress
import os
import re
from datetime import time
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv.parser import parse_stream
from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import NotInstalledError, SettingsError

_PLACEHOLDER = re.compile(r"^(<.*>|your[-_ ].*|change[-_ ]?me.*|xxx+|todo|placeholder|\.\.\.)$", re.IGNORECASE)
_SPOTIFYS_OWN = frozenset({"api.spotify.com", "accounts.spotify.com"})
_LAST_PORT = 65_535
_SPOTIFY_ID = re.compile(r"^[0-9a-f]{32}$")


CALLED_FROM = "CRATEDIGGER_CALLED_FROM"
"""Variable with the folder that files on the command line count from; ``scripts/run`` works in another one."""
ENV_FILE = ".env"
"""In the folder that the command is started from."""
NEARLY_THE_SAME = 0.8
"""How alike two names of settings are, 0 to 1, when one is taken for a slip of the other."""
_IN_OUR_WORDS = {
    "int_parsing": "is a whole number",
    "float_parsing": "is a share from 0 to 1, such as 0.1",
    "time_parsing": "is a time of day such as 04:00",
    "time_delta_parsing": "is a time of day such as 04:00",
    "enum": "names at least one of: open, spotify",
}


def from_here(path: Path) -> Path:
    """Return what a path means to the person who typed it."""
    return Path(os.environ.get(CALLED_FROM, "")) / path


class ContentSource(StrEnum):
    """Where words and covers may come from."""

    OPEN = "open"
    """LRCLIB, MusicBrainz, Cover Art Archive, and the operator's own dataset files."""
    SPOTIFY = "spotify"


class Settings(BaseSettings):
    """Every setting; ``.env.example`` explains each in a line."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8-sig", extra="ignore", frozen=True, env_ignore_empty=True
    )

    cratedigger_home: Path = Path("data")
    discord_token: SecretStr | None = None
    discord_api_base: str | None = None
    discord_gateway_url: str | None = None
    spotify_client_id: str | None = None
    spotify_client_secret: SecretStr | None = None
    spotify_api_base: str = "https://api.spotify.com"
    spotify_accounts_base: str = "https://accounts.spotify.com"
    spotify_daily_budget: int = 600
    public_url: str = "http://127.0.0.1:8080"
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    database_url: str | None = None
    encryption_key: SecretStr | None = None
    encryption_key_file: Path | None = None
    text_encoder: str = "minilm"
    image_encoder: str = "efficientnet-lite0"
    content_sources: Annotated[tuple[ContentSource, ...], NoDecode] = (ContentSource.OPEN, ContentSource.SPOTIFY)
    lyrics_api_base: str = "https://lrclib.net"
    musicbrainz_api_base: str = "https://musicbrainz.org"
    cover_art_archive_base: str = "https://coverartarchive.org"
    quality_may_fall: float = 0.1
    nightly_at: time = time(4, 0)
    time_zone: str = "UTC"
    log_level: str = "INFO"

    @field_validator("*", mode="before")
    @classmethod
    def _no_placeholders(cls, value: object) -> object:
        if isinstance(value, str) and _PLACEHOLDER.match(value.strip()):
            msg = "is still a placeholder; set it, or remove the line"
            raise ValueError(msg)
        return value

    @field_validator("discord_api_base", "discord_gateway_url")
    @classmethod
    def _only_loopback(cls, value: str | None) -> str | None:
        if value is not None and not is_loopback(value):
            msg = "is honoured for loopback addresses only (127.0.0.1); remove it to use the real Discord"
            raise ValueError(msg)
        return value

    @field_validator("spotify_api_base", "spotify_accounts_base")
    @classmethod
    def _spotify_or_loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        if not is_loopback(value) and (parts.scheme != "https" or parts.netloc not in _SPOTIFYS_OWN):
            msg = "is Spotify's own address or a loopback one (127.0.0.1)"
            raise ValueError(msg)
        return value.rstrip("/")

    @field_validator("lyrics_api_base", "musicbrainz_api_base", "cover_art_archive_base")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname:
            msg = "is an address such as https://lrclib.net"
            raise ValueError(msg)
        return value.rstrip("/")

    @field_validator("spotify_client_id")
    @classmethod
    def _client_id(cls, value: str | None) -> str | None:
        if value is not None and not _SPOTIFY_ID.match(value):
            msg = "is 32 hexadecimal digits, from the Spotify dashboard"
            raise ValueError(msg)
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.hostname == "localhost":
            msg = "Spotify refuses localhost as a redirect address; write http://127.0.0.1:8080"
            raise ValueError(msg)
        if parts.scheme != "https" and not is_loopback(value):
            msg = "is https, or http on a loopback address such as http://127.0.0.1:8080"
            raise ValueError(msg)
        return value.rstrip("/")

    @field_validator("content_sources", mode="before")
    @classmethod
    def _split_sources(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("content_sources")
    @classmethod
    def _some_source(cls, value: tuple[ContentSource, ...]) -> tuple[ContentSource, ...]:
        if not value:
            msg = "names at least one of: open, spotify"
            raise ValueError(msg)
        return value

    @field_validator("quality_may_fall")
    @classmethod
    def _share(cls, value: float) -> float:
        if not 0 <= value <= 1:
            msg = "is a share from 0 to 1, such as 0.1"
            raise ValueError(msg)
        return value

    @field_validator("nightly_at")
    @classmethod
    def _local_time(cls, value: time) -> time:
        if value.tzinfo is not None:
            msg = "is a time of day such as 04:00; TIME_ZONE says where"
            raise ValueError(msg)
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            msg = "is a time zone such as Europe/Vienna"
            raise ValueError(msg) from error
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            msg = "is DEBUG, INFO, WARNING or ERROR"
            raise ValueError(msg)
        return value.upper()

    @field_validator("spotify_daily_budget", "web_port")
    @classmethod
    def _not_negative(cls, value: int) -> int:
        if value < 0:
            msg = "is not negative"
            raise ValueError(msg)
        return value

    @field_validator("web_port")
    @classmethod
    def _port(cls, value: int) -> int:
        if value > _LAST_PORT:
            msg = f"is a port, at most {_LAST_PORT}"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _discord_pair(self) -> "Settings":
        if (self.discord_api_base is None) != (self.discord_gateway_url is None):
            msg = "go together; set both or neither"
            raise ValueError(msg)
        return self

    @property
    def home(self) -> Path:
        """The one folder an installation keeps everything in."""
        return self.cratedigger_home

    @property
    def database(self) -> str:
        """The address of the database; SQLite in the home folder by default."""
        return self.database_url or f"sqlite:///{self.home / 'cratedigger.sqlite'}"

    @property
    def key_file(self) -> Path:
        """Where the encryption key lies when it is not given directly."""
        return self.encryption_key_file or self.home / "encryption.key"

    @property
    def redirect_uri(self) -> str:
        """The address Spotify sends members back to; register exactly this one."""
        return f"{self.public_url}/spotify/callback"


def read_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment and ``.env``.

    Raises:
        SettingsError: The first setting that is a placeholder or malformed, by its name in ``.env``; or a line of
            ``.env`` that sets nothing, or sets what is nearly one of our names.
    """
    _check_env_file(Path(ENV_FILE))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "DISCORD_API_BASE and DISCORD_GATEWAY_URL"
        reason = _IN_OUR_WORDS.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise SettingsError(name, reason) from error


def read_installed_settings() -> Settings:
    """Read the settings of an installation that is there: to look into one must not make one.

    Raises:
        NotInstalledError: There is none.
        SettingsError: As :func:`read_settings`.
    """
    settings = read_settings()
    if settings.database_url is None and not settings.home.is_dir():
        raise NotInstalledError(settings.home.absolute())
    return settings


def _check_env_file(path: Path) -> None:
    if not path.is_file():
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), "is not a readable text file in UTF-8") from error
    ours = [name.upper() for name in Settings.model_fields]
    for line in parse_stream(io.StringIO(text)):
        where = f"{path} line {line.original.line + _lines_before(line.original.string)}"
        if line.error or (line.key is not None and line.value is None):
            raise SettingsError(where, "is not NAME=value; check its quotes, or put # before a remark")
        if line.key is None or line.key.upper() in ours:
            continue
        # A slip must not go unnoticed: CONTENT_SOURCE=open would leave Spotify's content on.
        if nearest := get_close_matches(line.key.upper(), ours, n=1, cutoff=NEARLY_THE_SAME):
            raise SettingsError(where, f"{line.key} is no setting; did you mean {nearest[0]}?")


def _lines_before(text: str) -> int:
    """Count the empty lines that the parser puts before what it found."""
    return len(text[: len(text) - len(text.lstrip())].splitlines())


def is_loopback(address: str) -> bool:
    """Return whether the host of a web address is a loopback literal (``localhost`` is not one)."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
