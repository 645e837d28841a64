"""Promises of the settings: defaults that work, and sentences that name what is wrong."""

import re
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import ContentSource, Settings, is_loopback, read_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_the_defaults_work() -> None:
    settings = read_settings()

    assert settings.database == "sqlite:///data/cratedigger.sqlite"
    assert settings.key_file == Path("data/encryption.key")
    assert settings.redirect_uri == "http://127.0.0.1:8080/spotify/callback"
    assert settings.discord_token is None


def test_the_example_file_names_every_setting_and_no_other() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE))

    assert named == {name.upper() for name in Settings.model_fields}


def test_the_example_file_itself_is_a_working_installation(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text())

    settings = read_settings()

    assert settings.discord_token is None
    assert settings == read_settings()
    assert settings.home == Path("data")


def test_env_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TIME_ZONE=Europe/Vienna\nWEB_PORT=9000\n")
    monkeypatch.setenv("WEB_PORT", "9001")

    settings = read_settings()

    assert (settings.time_zone, settings.web_port) == ("Europe/Vienna", 9001)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CONTENT_SOURCE=open\n", ".env line 1: CONTENT_SOURCE is no setting; did you mean CONTENT_SOURCES?"),
        ("# ours\n\nTEXT_ENCODR=minilm\n", ".env line 3: TEXT_ENCODR is no setting; did you mean TEXT_ENCODER?"),
        ("WEB_PORT=9000\nthis is a remark\n", ".env line 2: is not NAME=value"),
        ('WEB_PORT="9000\nTIME_ZONE=UTC\n', ".env line 1: is not NAME=value"),
        ("WEB_PORT\n", ".env line 1: is not NAME=value"),
        ("WEB_PORT=eighty\n", "WEB_PORT: is a whole number"),
        ("NIGHTLY_AT=4am\n", "NIGHTLY_AT: is a time of day"),
        ("QUALITY_MAY_FALL=10%\n", "QUALITY_MAY_FALL: is a share from 0 to 1"),
        ("QUALITY_MAY_FALL=1.1\n", "QUALITY_MAY_FALL: is a share from 0 to 1"),
        ("NIGHTLY_AT=04:00+02:00\n", "NIGHTLY_AT: is a time of day"),
    ],
)
def test_a_slip_in_the_env_file_stops_the_start(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / ".env").write_text(text)

    with pytest.raises(SettingsError, match=re.escape(said)):
        read_settings()


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfeW\x00")

    with pytest.raises(SettingsError, match=re.escape(".env: is not a readable text file")):
        read_settings()


def test_an_env_file_may_be_written_as_people_write_them(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(
        "\ufeff# mine\r\nexport WEB_PORT = 9000 # here\r\nTIME_ZONE='Europe/Vienna'\r\nTEXT_ENCODER=\r\n"
        'COMPOSE_PROJECT_NAME=music\r\nWEB_HOST="::1"\r\n'.encode()
    )

    settings = read_settings()

    assert (settings.web_port, settings.time_zone, settings.text_encoder) == (9000, "Europe/Vienna", "minilm")
    assert settings.web_host == "::1"


def test_content_sources_are_a_list_in_order() -> None:
    assert read_settings(content_sources="spotify, open").content_sources == (ContentSource.SPOTIFY, ContentSource.OPEN)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("discord_token", "<your token>", "placeholder"),
        ("spotify_client_id", "your_client_id", "placeholder"),
        ("spotify_client_id", "abc", "32 hexadecimal digits"),
        ("spotify_api_base", "http://example.org", "loopback"),
        ("spotify_api_base", "https://api.spotify.com.example.org", "loopback"),
        ("spotify_accounts_base", "https://accounts.spotify.com@example.org", "loopback"),
        ("public_url", "http://localhost:8080", "refuses localhost"),
        ("public_url", "http://music.example.org", "https"),
        ("time_zone", "Mars/Olympus", "time zone"),
        ("log_level", "LOUD", "DEBUG"),
        ("content_sources", "open,pirates", "open"),
        ("content_sources", "", "at least one"),
        ("lyrics_api_base", "lrclib", "address"),
        ("web_port", -1, "negative"),
        ("web_port", 65_536, "at most 65535"),
        ("nightly_at", "25:00", "NIGHTLY_AT"),
    ],
)
def test_an_impossible_value_is_refused_by_name(name: str, value: object, word: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(word)):
        read_settings(**{name: value})


@pytest.mark.parametrize("name", ["discord_api_base", "discord_gateway_url"])
def test_another_discord_is_honoured_on_loopback_only(name: str) -> None:
    both = {"discord_api_base": "http://127.0.0.1:1/api/v10", "discord_gateway_url": "ws://127.0.0.1:1/gateway"}
    assert read_settings(**both).discord_api_base == both["discord_api_base"]

    with pytest.raises(SettingsError, match="loopback"):
        read_settings(**(both | {name: "https://discord.example.org/api"}))


def test_half_of_another_discord_is_refused() -> None:
    with pytest.raises(SettingsError, match="go together"):
        read_settings(discord_api_base="http://127.0.0.1:1/api/v10")


def test_a_token_never_shows_itself() -> None:
    assert "s3cret" not in repr(read_settings(discord_token="s3cret"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:80", True),
        ("http://[::1]/", True),
        ("http://localhost", False),
        ("http://127.0.0.1.example.org", False),
        ("https://api.spotify.com", False),
        ("nonsense", False),
    ],
)
def test_loopback_is_told_by_the_literal_address(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
