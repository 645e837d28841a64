"""What people see of long work."""

import io
import re

from rich.console import Console

from bot.presenters.progress_bars import progress_bars


def terminal() -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=True, legacy_windows=False)


def last_lines(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue()).replace("\r", "\n")
    return [line.rstrip() for line in plain.splitlines() if line.strip()]


def test_bars_appear_in_the_order_of_the_work() -> None:
    console = terminal()

    with progress_bars(console) as bar:
        covers, words = bar("Covers", "albums"), bar("Words", "tracks")
        words(10, 10)
        covers(2_000, 2_000)

    assert [line.split()[0] for line in last_lines(console)[-2:]] == ["Words", "Covers"]
    assert "2,000/2,000 albums" in last_lines(console)[-1]


def test_work_that_was_not_begun_has_no_bar() -> None:
    console = terminal()

    with progress_bars(console) as bar:
        bar("Covers", "albums")
        bar("Words", "tracks")(1, 3)

    assert not [line for line in last_lines(console) if "Covers" in line]
