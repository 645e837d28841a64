"""Cover pictures: from the Cover Art Archive, from addresses on the web, and from the operator's own files."""

import logging
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from bot.gateways.http import Http

log = logging.getLogger(__name__)

SERVICE = "Cover Art Archive"
LARGEST_PICTURE = 10 * 2**20
"""Bytes: the decoder refuses larger ones, too."""
PICTURE_TYPES = "image/jpeg, image/png, image/webp"
_TAKEN_TYPES = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp", "application/octet-stream",
                          "binary/octet-stream", ""})  # fmt: skip
"""What picture hosts say of JPEG, PNG and WebP; the decoder has the last word."""
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


class CoverArtArchive:
    """Finds the front covers of releases.

    Args:
        base: Of the service: ``https://coverartarchive.org``.
        http: With redirects: the archive stores its pictures elsewhere.
    """

    def __init__(self, base: str, http: Http) -> None:
        self._base = base.rstrip("/")
        self._http = http

    def address(self, release: str) -> str:
        """Return where the front cover of a release (its MusicBrainz id) lies, 500 pixels wide."""
        return f"{self._base}/release/{release}/front-500"

    def front(self, release: str) -> bytes | None:
        """Return the front cover of a release, or None when it has none that is a JPEG, PNG or WebP.

        Raises:
            ContentBusyError: The archive wants a pause.
            ContentUnavailableError: It does not answer.
        """
        return _picture(self._http, self.address(release))


class WebPictures:
    """Fetches pictures from addresses that datasets and services name; only from the public internet.

    Args:
        http: With the hosts that may not be asked.
    """

    def __init__(self, http: Http) -> None:
        self._http = http

    def at(self, address: str) -> bytes | None:
        """Return the picture at an address, or None when none is there (any more).

        Raises:
            ContentBusyError: The host wants a pause.
            ContentUnavailableError: It does not answer, or may not be asked.
        """
        return _picture(self._http, address)


def picture_in_file(address: str) -> bytes | None:
    """Return the picture at a ``file:`` address, or None when it is gone, too large or no picture."""
    path = Path(url2pathname(urlsplit(address).path))
    try:
        if path.stat().st_size > LARGEST_PICTURE:
            return None
        picture = path.read_bytes()
    except OSError:
        return None
    return picture if picture.startswith(_MAGIC) else None


def _picture(http: Http, address: str) -> bytes | None:
    answer = http.get(address, accept=PICTURE_TYPES, limit=LARGEST_PICTURE)
    if answer is None:
        return None
    if answer.content_type not in _TAKEN_TYPES or not answer.body.startswith(_MAGIC):
        log.info("no picture address_type=%s bytes=%d", answer.content_type, len(answer.body))
        return None
    return answer.body
