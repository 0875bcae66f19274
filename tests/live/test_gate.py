"""Who is let in to the page of `archc watch`."""

from __future__ import annotations

import pytest

from archc.live.gate import Gate

GATE = Gate(8123, "secret")


def admits(path: str = "/secret/", host: str | None = "127.0.0.1:8123", origin: str | None = None) -> str | None:
    headers = {"Host": [host] if host is not None else [], "Origin": [origin] if origin is not None else []}
    return GATE.admits(path, headers)


def test_who_has_the_address_is_let_in() -> None:
    assert admits() == ""
    assert admits("/secret/page.css") == "page.css"
    assert admits("/secret/socket?x=1", origin="http://127.0.0.1:8123") == "socket"
    assert admits(host="localhost:8123", origin="http://localhost:8123") == ""


@pytest.mark.parametrize(
    "path",
    ["/", "", "/secret", "/Secret/", "/secre/", "/secrets/", "/secret%2F/", "//secret/", "/x/../secret/", "/sécret/", "/favicon.ico"],
)
def test_without_the_token_nobody_is(path: str) -> None:
    assert admits(path) is None


@pytest.mark.parametrize(
    "host", [None, "", "127.0.0.1", "127.0.0.1:8124", "evil.example:8123", "127.0.0.1.evil.example:8123", "0.0.0.0:8123"]
)
def test_a_name_that_leads_here_from_elsewhere_is_refused(host: str | None) -> None:
    assert admits(host=host) is None


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "https://127.0.0.1:8123", "http://127.0.0.1:8124", "http://localhost:8123"]
)
def test_a_page_of_another_site_is_refused(origin: str) -> None:
    assert admits("/secret/socket", origin=origin) is None


def test_headers_that_are_sent_twice_are_refused() -> None:
    good = "127.0.0.1:8123"
    assert GATE.admits("/secret/", {"Host": [good, good], "Origin": []}) is None
    assert GATE.admits("/secret/socket", {"Host": [good], "Origin": [f"http://{good}", "http://evil.example"]}) is None


def test_each_run_has_a_token_of_its_own() -> None:
    assert len({Gate(1).token for _ in range(50)}) == 50
    assert len(Gate(1).token) >= 32
    assert Gate(1).token not in repr(Gate(1))
