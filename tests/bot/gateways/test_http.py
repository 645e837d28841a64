import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.errors import ContentBusyError, ContentUnavailableError
from bot.gateways.http import Http, polite_gap, user_agent
from bot.gateways.public_addresses import is_public
from tests.bot.content_world import SecondsClock

AGENT = user_agent("http://127.0.0.1:8080")
Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def a_server(reply: Reply) -> Iterator[tuple[str, list[str]]]:
    """Answer every GET with ``reply``; gives the address and the requests that arrived."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.path} {self.headers['User-Agent']} {self.headers['Accept']}")
            reply(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Reply:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return reply


@contextmanager
def asking(base: str, **changes: object) -> Iterator[Http]:
    http = Http("The service", **{"user_agent": AGENT, "trusted": (base,), **changes})  # type: ignore[arg-type]
    try:
        yield http
    finally:
        http.close()


def test_an_answer_is_decoded_and_the_question_says_who_asks() -> None:
    with a_server(answer(body=b'{"a": [1]}')) as (base, seen), asking(base) as http:
        assert http.json(f"{base}/it", {"q": "ü & x"}) == {"a": [1]}

    assert seen == [f"/it?q=%C3%BC+%26+x {AGENT} application/json"]


@pytest.mark.parametrize("status", [404, 410])
def test_what_nobody_has_is_none(status: int) -> None:
    with a_server(answer(status)) as (base, _), asking(base) as http:
        assert http.json(base) is None


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [("7", 7), (None, 60), ("soon", 60), ("0", 1), ("999999999", 86_400), ("-1", 1), ("nan nonsense", 60)],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_says_how_long(status: int, retry_after: str | None, pause: int) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    with (
        a_server(answer(status, headers=headers)) as (base, _),
        asking(base) as http,
        pytest.raises(ContentBusyError) as caught,
    ):
        http.json(base)

    assert caught.value.retry_after == timedelta(seconds=pause)


def test_a_pause_may_be_a_date() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    with (
        a_server(answer(429, headers={"Retry-After": until})) as (base, _),
        asking(base) as http,
        pytest.raises(ContentBusyError) as caught,
    ):
        http.json(base)

    assert timedelta(minutes=4) < caught.value.retry_after <= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer(500), "status 500"),
        (answer(403), "status 403"),
        (answer(body=b"<html>"), "the answer is no JSON"),
        (answer(body=b"[" * 100_000), "the answer is no JSON"),
        (answer(302, headers={"Location": "file:///etc/passwd"}), "not a web address"),
        (answer(302, headers={"Location": "http://[broken"}), "not a web address"),
        (answer(302, headers={"Location": "/again"}), "more than 5 redirects"),
        (answer(body=b"x" * 3_000_000), "more than 2,097,152 bytes"),
        (lambda request: request.connection.close(), "no connection"),
    ],
)
def test_whatever_else_comes_is_one_typed_error(reply: Reply, reason: str) -> None:
    with (
        a_server(reply) as (base, _),
        asking(base) as http,
        pytest.raises(ContentUnavailableError, match=reason),
    ):
        http.json(base)


def test_nobody_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"

    with asking(base) as http, pytest.raises(ContentUnavailableError, match="no connection"):
        http.json(base)


def test_a_service_that_says_nothing_is_not_waited_for() -> None:
    def silent(request: BaseHTTPRequestHandler) -> None:
        threading.Event().wait(0.5)

    with (
        a_server(silent) as (base, _),
        asking(base, timeout=timedelta(seconds=0.1)) as http,
        pytest.raises(ContentUnavailableError, match="no answer in time"),
    ):
        http.json(base)


def test_an_answer_that_drips_ends_at_the_deadline() -> None:
    clock = SecondsClock()

    def dripping(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            clock.sleep(10)
            request.wfile.write(b"x")
            request.wfile.flush()
            threading.Event().wait(0.01)

    with (
        a_server(dripping) as (base, _),
        asking(base, clock=clock) as http,
        pytest.raises(ContentUnavailableError, match="does not end"),
    ):
        http.json(base)


def test_two_questions_keep_their_distance() -> None:
    clock = SecondsClock()
    with (
        a_server(answer()) as (base, _),
        asking(base, gap=timedelta(seconds=1), clock=clock, sleep=clock.sleep) as http,
    ):
        for _ in range(3):
            http.json(base)

    assert clock.slept == pytest.approx(2)


def test_a_stand_in_on_this_machine_needs_no_pause() -> None:
    assert polite_gap("http://127.0.0.1:8080") == timedelta(0)
    assert polite_gap("https://lrclib.net") == timedelta(seconds=1)


def test_an_address_that_nobody_configured_may_not_lie_in_a_private_network() -> None:
    with (
        a_server(answer()) as (base, seen),
        asking("http://127.0.0.1:1") as http,
        pytest.raises(ContentUnavailableError, match="no connection"),
    ):
        http.json(base)

    assert seen == []


def test_an_address_on_the_public_internet_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateways.public_addresses.is_public", lambda address: address == "127.0.0.1")
    with a_server(answer()) as (base, seen), asking("http://127.0.0.1:1") as http:
        assert http.json(base) == {}

    assert len(seen) == 1


def test_a_redirect_into_a_private_network_is_not_followed() -> None:
    with (
        a_server(answer()) as (private, seen),
        a_server(answer(302, headers={"Location": f"{private}/secret"})) as (base, _),
        asking(base) as http,
        pytest.raises(ContentUnavailableError),
    ):
        http.json(base)

    assert seen == []


def test_refused_hosts_are_not_asked_also_after_a_redirect() -> None:
    elsewhere = answer(302, headers={"Location": "https://i.scdn.co/image/abc"})
    with a_server(elsewhere) as (base, seen), asking(base, refused_hosts=("scdn.co",)) as http:
        for url in ("https://i.scdn.co/image/abc", "https://SCDN.co./image", f"{base}/cover"):
            with pytest.raises(ContentUnavailableError, match="may not ask"):
                http.json(url)

    assert len(seen) == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_public_addresses_are_told_from_private_ones(address: str, public: bool) -> None:
    assert is_public(address) is public
