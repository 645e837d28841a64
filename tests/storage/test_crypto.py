import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.crypto import Cipher, load_or_create_key
from storage.errors import KeyFileError, WrongKeyError


def test_what_is_encrypted_comes_back_and_says_nothing_meanwhile() -> None:
    cipher = Cipher([Cipher.generate_key()])

    hidden = cipher.encrypt("a secret ☂")

    assert "secret" not in hidden
    assert cipher.decrypt(hidden) == "a secret ☂"


def test_the_same_text_is_encrypted_differently_each_time() -> None:
    cipher = Cipher([Cipher.generate_key()])

    assert cipher.encrypt("twice") != cipher.encrypt("twice")


def test_an_old_key_still_opens_and_the_new_one_closes() -> None:
    old, new = Cipher.generate_key(), Cipher.generate_key()
    hidden = Cipher([old]).encrypt("secret")

    both = Cipher([new, old])

    assert both.decrypt(hidden) == "secret"
    assert Cipher([new]).decrypt(both.encrypt("secret")) == "secret"


def test_another_key_is_refused() -> None:
    hidden = Cipher([Cipher.generate_key()]).encrypt("secret")

    with pytest.raises(WrongKeyError, match="ENCRYPTION_KEY"):
        Cipher([Cipher.generate_key()]).decrypt(hidden)


def test_a_changed_text_is_refused() -> None:
    cipher = Cipher([Cipher.generate_key()])
    hidden = cipher.encrypt("secret")

    with pytest.raises(WrongKeyError):
        cipher.decrypt(hidden[:-6] + "AAAAA=")


@pytest.mark.parametrize("keys", [[], ["too short"]])
def test_a_cipher_needs_real_keys(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="key"):
        Cipher(keys)


def test_a_key_file_is_made_once_and_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "encryption.key"

    key = load_or_create_key(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path) == key
    assert [each.name for each in path.parent.iterdir()] == ["encryption.key"]


def test_many_who_start_at_once_get_one_key(tmp_path: Path) -> None:
    path = tmp_path / "encryption.key"

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_or_create_key, [path] * 24))

    assert len(keys) == 1


def test_a_key_that_was_there_first_is_not_replaced(tmp_path: Path) -> None:
    key = Cipher.generate_key()
    (tmp_path / "encryption.key").write_text(f"  {key}\n")

    assert load_or_create_key(tmp_path / "encryption.key") == key


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00"])
def test_a_file_that_holds_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "encryption.key"
    path.write_bytes(content)

    with pytest.raises(KeyFileError, match=r"encryption\.key"):
        load_or_create_key(path)
