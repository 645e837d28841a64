"""Converting networks in a process of its own, so that the one that serves never imports torch.

The child runs ``python -m recommender.encoders.conversion TEXT_ENCODER IMAGE_ENCODER CACHE``.
"""

import logging
import os
import subprocess
import sys
from pathlib import Path

from recommender.encoders.converted import is_converted
from recommender.encoders.registry import image_encoder, text_encoder
from recommender.errors import RecommenderError

log = logging.getLogger(__name__)

LONGEST_CONVERSION = 900.0
"""Seconds; the largest network takes one minute on an idle machine."""


def convert_beforehand(text: str, image: str, cache: Path) -> bool:
    """Convert in a child process what is not converted yet, and return whether all is.

    An encoder whose conversion fails is left as it is: it tells what is wrong when it is first used.

    Args:
        text: Name of the text encoder.
        image: Name of the image encoder.
        cache: Keeps converted networks.

    Raises:
        EncoderUnavailableError: One of the encoders is not on this machine.
    """
    fingerprints = (text_encoder(text, cache).fingerprint, image_encoder(image, cache).fingerprint)
    if all(is_converted(cache, fingerprint) for fingerprint in fingerprints):
        return True
    # The child looks for our packages where we found them, whatever folder it was started in.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", __name__, text, image, str(cache)]
    try:
        child = subprocess.run(  # noqa: S603  our own interpreter and module; the names are arguments, not code
            command, env=environment, capture_output=True, text=True, timeout=LONGEST_CONVERSION, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        log.warning("encoders not converted", exc_info=True)
        return False
    if child.returncode:
        log.warning("encoders not converted code=%d said=%r", child.returncode, child.stderr.strip()[-500:])
    return all(is_converted(cache, fingerprint) for fingerprint in fingerprints)


def main(arguments: list[str]) -> int:
    """Convert the encoders that the arguments name; return 0, or 1 after one sentence on standard error."""
    text, image, cache = arguments
    try:
        text_encoder(text, Path(cache)).prepare()
        image_encoder(image, Path(cache)).prepare()
    except RecommenderError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
