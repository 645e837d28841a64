"""The command run inside the test's own process."""

import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from bot import cli


class Result(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


def ran(*arguments: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Result:
    """Run ``cratedigger`` with these arguments."""
    monkeypatch.setattr(sys, "argv", ["cratedigger", *arguments])
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capfd.readouterr()
    return Result(int(ended.value.code or 0), out, err)
