"""Progress of long work on a terminal: bars with a rate, one below the other."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich import progress as bars
from rich.console import Console

from recommender.ports import Progress

NewBar = Callable[[str, str], Progress]
"""Makes a bar from its title and its unit."""


@contextmanager
def progress_bars(console: Console) -> Iterator[NewBar]:
    """Show bars while the block runs; a bar appears with its first report, and its rate counts from there.

    Args:
        console: Where they are drawn; what is no terminal gets only how they ended.
    """
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.TextColumn("{task.completed:,}/{task.total:,} {task.fields[unit]}"),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=console) as display:

        def new_bar(title: str, unit: str) -> Progress:
            return _Bar(display, title, unit)

        yield new_bar


class _Bar:
    def __init__(self, display: bars.Progress, title: str, unit: str) -> None:
        self._display = display
        self._title = title
        self._unit = unit
        self._task: bars.TaskID | None = None
        self._done_before = 0
        self._started = 0.0

    def __call__(self, done: int, total: int, /) -> None:
        now = time.perf_counter()
        if self._task is None:
            # The first report tells of work that was done before there was a clock to time it.
            self._started, self._done_before = now, done
            self._task = self._display.add_task(self._title, total=total, unit=self._unit, rate="")
        seconds = now - self._started
        rate = f"{(done - self._done_before) / seconds:,.0f}/s" if done > self._done_before and seconds > 0 else ""
        self._display.update(self._task, completed=done, total=total, rate=rate)
