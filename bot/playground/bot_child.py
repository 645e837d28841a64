"""The bot's command as the playground's child: it ends with the playground, even when that is killed.

The playground holds the other end of this process's standard input, which closes however the playground ends.
"""

import os
import signal
import threading
import time

from bot.cli import main

_STANDARD_INPUT = 0
CLOSES_WITHIN_S = 15.0
"""How long the bot may take to close once the playground is gone."""


def end_with_parent() -> None:
    """Close, as on SIGTERM, when standard input ends; be killed when that takes too long."""
    threading.Thread(target=_wait_for_the_end, name="end-with-parent", daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(_STANDARD_INPUT, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(CLOSES_WITHIN_S)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    main()
