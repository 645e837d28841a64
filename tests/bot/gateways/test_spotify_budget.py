"""What the budget promises: no more than a day's calls in any 24 hours, across restarts."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from bot.errors import QuotaExceededError
from bot.gateways.spotify_budget import SpotifyBudget
from storage.crypto import Cipher
from storage.database import Database
from tests.bot.spotify_world import START, Clock

Budgets = Callable[[int], SpotifyBudget]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budgets(tmp_path: Path, clock: Clock) -> Iterator[Budgets]:
    """Each call is a start of the bot on the same database."""
    database = Database.open(f"sqlite:///{tmp_path / 'test.sqlite'}", Cipher([Cipher.generate_key()]), now=clock)
    yield lambda daily_calls: SpotifyBudget(database, daily_calls=daily_calls, now=clock)
    database.close()


def test_calls_beyond_the_days_are_refused_until_the_oldest_is_a_day_old(budgets: Budgets, clock: Clock) -> None:
    budget = budgets(3)
    for _ in range(3):
        budget.admit()
        clock.turn(timedelta(hours=1))

    with pytest.raises(QuotaExceededError) as caught:
        budget.admit()

    opens_at = START + timedelta(days=1)
    assert opens_at <= caught.value.until <= opens_at + timedelta(minutes=1)
    clock.at = caught.value.until
    budget.admit()
    with pytest.raises(QuotaExceededError):
        budget.admit()


def test_a_restart_forgets_no_call(budgets: Budgets) -> None:
    budgets(2).admit()
    budgets(2).admit()

    with pytest.raises(QuotaExceededError):
        budgets(2).admit()


def test_a_block_holds_for_the_next_process_and_a_shorter_one_does_not_shorten_it(
    budgets: Budgets, clock: Clock
) -> None:
    budgets(9).block(START + timedelta(hours=13))
    budgets(9).block(START + timedelta(hours=1))
    clock.turn(timedelta(hours=12))

    with pytest.raises(QuotaExceededError) as caught:
        budgets(9).admit()
    with pytest.raises(QuotaExceededError):
        budgets(9).check()

    assert caught.value.until == START + timedelta(hours=13)
    clock.turn(timedelta(hours=1))
    budgets(9).admit()


def test_checking_counts_nothing(budgets: Budgets) -> None:
    budget = budgets(1)

    budget.check()
    budget.check()

    assert budget.status().spent == 0
    budget.admit()
    assert (budget.status().spent, budget.status().daily_calls) == (1, 1)
    assert budget.status().blocked_until is not None


def test_a_share_of_the_day_can_be_kept_for_others(budgets: Budgets, clock: Clock) -> None:
    budget = budgets(4)
    budget.admit()
    clock.turn(timedelta(hours=1))
    budget.check(share=0.5)
    budget.admit()

    with pytest.raises(QuotaExceededError) as caught:
        budget.check(share=0.5)

    opens_at = START + timedelta(days=1)
    assert opens_at <= caught.value.until <= opens_at + timedelta(minutes=1)
    budget.check()


def test_a_budget_of_zero_closes_spotify(budgets: Budgets, clock: Clock) -> None:
    with pytest.raises(QuotaExceededError) as caught:
        budgets(0).admit()

    assert caught.value.until == clock.at + timedelta(days=1)


def test_threads_that_ask_at_once_do_not_overdraw(budgets: Budgets) -> None:
    budget = budgets(5)
    refused: list[QuotaExceededError] = []

    def ask() -> None:
        try:
            budget.admit()
        except QuotaExceededError as error:
            refused.append(error)

    threads = [Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 7
    assert budget.status().spent == 5
