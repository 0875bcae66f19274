"""Who may ask: this machine alone, by the address that `archc watch` printed, and no page of another site on its behalf."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property

from ..base.records import dataclass

LOOPBACK = "127.0.0.1"


@dataclass
class Gate:
    """The token of one run and the port that it listens at.

    A page of another site may send requests to this machine, and by a name of its own that leads here (DNS rebinding) it may even read
    the answers. It does not know the token; and its name stands in `Host`, its address in `Origin`.
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/{self.token}/"

    @cached_property
    def _hosts(self) -> frozenset[str]:
        return frozenset(f"{name}:{self.port}" for name in (LOOPBACK, "localhost"))

    def admits(self, path: str, headers: Mapping[str, list[str]]) -> str | None:
        """What is asked for below the token; None for a stranger's request. `headers` holds what `Host` and `Origin` say, each as often as it was sent."""
        token, slash, rest = path.partition("?")[0].removeprefix("/").partition("/")
        hosts, origins = headers["Host"], headers["Origin"]
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts or not slash:
            return None
        if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
            return None
        return rest if hmac.compare_digest(token.encode(), self.token.encode()) else None

    @property
    def policy(self) -> str:
        """What the page may do: run its own script, wear its own style, speak to where it came from."""
        sockets = " ".join(f"ws://{host}" for host in sorted(self._hosts))
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {sockets}; img-src data: blob:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
