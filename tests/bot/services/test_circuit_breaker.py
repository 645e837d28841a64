from datetime import timedelta

from bot.errors import ContentBusyError, ContentUnavailableError
from bot.services.circuit_breaker import FAILURES_IN_A_ROW, PAUSE, CircuitBreaker
from tests.bot.content_world import SecondsClock


def down() -> str:
    raise ContentUnavailableError("LRCLIB", "no connection")


def test_a_dead_service_is_left_alone_and_tried_again_later() -> None:
    clock = SecondsClock()
    breaker = CircuitBreaker(clock)
    asked: list[int] = []

    def question() -> str:
        asked.append(1)
        return down()

    for _ in range(FAILURES_IN_A_ROW + 5):
        assert breaker.ask("LRCLIB", question) == (None, False)
    assert len(asked) == FAILURES_IN_A_ROW
    assert breaker.ask("MusicBrainz", lambda: "fine") == ("fine", True)

    clock.sleep(PAUSE.total_seconds())
    assert breaker.ask("LRCLIB", lambda: "fine") == ("fine", True)


def test_failures_between_answers_do_not_add_up() -> None:
    breaker = CircuitBreaker(SecondsClock())

    for _ in range(FAILURES_IN_A_ROW * 2):
        breaker.ask("LRCLIB", down)
        breaker.ask("LRCLIB", lambda: None)

    assert not breaker.is_open("LRCLIB")


def test_a_service_that_wants_a_pause_gets_exactly_that() -> None:
    clock = SecondsClock()
    breaker = CircuitBreaker(clock)

    def busy() -> str:
        raise ContentBusyError("LRCLIB", timedelta(seconds=90))

    assert breaker.ask("LRCLIB", busy) == (None, False)
    clock.sleep(89)
    assert breaker.is_open("LRCLIB")
    clock.sleep(1)
    assert not breaker.is_open("LRCLIB")


def test_that_nobody_has_it_is_an_answer() -> None:
    assert CircuitBreaker().ask("LRCLIB", lambda: None) == (None, True)
