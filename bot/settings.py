"""The settings of an installation: read once from the environment and ``.env`` into one frozen tree."""

import ipaddress
import re
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

_PLACEHOLDER = re.compile(r"^(<.*>|your[-_ ].*|change[-_ ]?me.*|xxx+|todo|placeholder|\.\.\.)$", re.IGNORECASE)
_SPOTIFYS_OWN = frozenset({"api.spotify.com", "accounts.spotify.com"})
_LAST_PORT = 65_535
_SPOTIFY_ID = re.compile(r"^[0-9a-f]{32}$")


class ContentSource(StrEnum):
    """Where words and covers may come from."""

    OPEN = "open"
    """LRCLIB, MusicBrainz, Cover Art Archive, and the operator's own dataset files."""
    SPOTIFY = "spotify"


class Settings(BaseSettings):
    """Every setting; ``.env.example`` explains each in a line."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
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
            msg = "DISCORD_API_BASE and DISCORD_GATEWAY_URL go together; set both or neither"
            raise ValueError(msg)
        if not self.content_sources:
            msg = "CONTENT_SOURCES names at least one of: open, spotify"
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
        SettingsError: The first setting that is a placeholder or malformed, by its name in ``.env``.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "settings"
        raise SettingsError(name, first["msg"].removeprefix("Value error, ")) from error


def is_loopback(address: str) -> bool:
    """Return whether the host of a web address is a loopback literal (``localhost`` is not one)."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
