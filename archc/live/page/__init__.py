"""The page of `archc watch` and of the playground: its files, and the one document that both begin with."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from ...compiler.draw import page as diagram

KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
FOLDERS = (Path(__file__).parent, Path(diagram.__file__).parent)
SHARED = ("elements.js",)
"""What the page of `archc draw -o net.html` has as well."""


def files() -> dict[str, Path]:
    """The scripts and the style by their names: in the page all stand in one folder."""
    own = {path.name: path for path in FOLDERS[0].iterdir() if path.suffix in (".js", ".css")}
    return own | {name: FOLDERS[1] / name for name in SHARED}


@cache
def assets() -> dict[str, tuple[str, bytes]]:
    """What the server of `archc watch` has to give, each with its kind."""
    found = {name: (f"{KINDS[path.suffix]}; charset=utf-8", path.read_bytes()) for name, path in files().items()}
    return found | {"index.html": ("text/html; charset=utf-8", document("archc watch", "watch", "watch.js").encode())}


def document(title: str, bar: str, script: str, policy: str = "") -> str:
    """The page with the bar of `archc watch` or of the playground (`watch.html`, `playground.html`) and its script.

    `policy` is for a page that nobody sends headers with: what it may do stands in itself.
    """
    text = (FOLDERS[0] / "page.html").read_text(encoding="utf-8")
    parts = {
        "title": escape(title),
        "bar": (FOLDERS[0] / f"{bar}.html").read_text(encoding="utf-8"),
        "script": escape(script),
        "policy": f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">' if policy else "",
    }
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part)
    return text
