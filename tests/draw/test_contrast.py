"""Every text stands out from what is behind it, as WCAG 2 wants of text: 4.5 to 1, in every theme."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archc.compiler.draw import LEVELS, Look, View, fold, to_dot
from archc.compiler.draw.page.page import to_page
from archc.compiler.draw.style import DARK, LIGHT, THEMES, Theme, contrast, heat, readable
from archc.compiler.driver import check
from tests.browser import browser, in_browser

from .test_every_picture import some

__all__ = ["browser"]

LEAST = 4.5
FONT = re.compile(r'<TD BGCOLOR="(#\w{6})"|<FONT (?:POINT-SIZE="[\d.]+" )?COLOR="(#\w{6})"|</TD>')
COLOR = re.compile(r'\bfillcolor="(#\w{6})"')


def fills(theme: Theme) -> set[str]:
    """All that boxes and frames are filled with."""
    return {*theme.families.values(), theme.other, *theme.blocks, *theme.marks.values(), *theme.frame_fills, theme.page}


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_every_colour_of_text_can_be_read_on_every_fill(theme: Theme) -> None:
    """As the style sheet of the page has them; a picture takes black or white where one could not be read."""
    texts = (theme.text, theme.faint, theme.count)
    assert [(text, fill) for text in texts for fill in fills(theme) if contrast(text, fill) < LEAST] == []
    shades = {heat(theme, share / 500) for share in range(501)}
    assert [(text, fill) for text in texts for fill in shades if contrast(readable(fill, text), fill) < LEAST] == []


def hidden(dot: str, page: str) -> Iterator[tuple[str, str]]:
    """The colours of texts that cannot be read, with what is behind them."""
    for line in dot.splitlines():
        fill = COLOR.search(line)
        behind = ground = fill.group(1) if fill else page
        for cell, text in FONT.findall(line):
            if text and contrast(text, ground) < LEAST:
                yield text, ground
            ground = cell or (ground if text else behind)


@pytest.mark.slow
@pytest.mark.parametrize("name", some(3))
def test_texts_can_be_read_at_every_level_in_every_theme(name: str) -> None:
    """The whole gallery: the colours stand in what is laid out, so that nothing needs to be."""
    graph = check(name).graph
    for level in LEVELS:
        picture = fold(graph, View(level))
        for theme in THEMES.values():
            for color_by in ("kind", "macs"):
                dot = to_dot(graph, picture, Look(theme=theme, color_by=color_by))
                assert FONT.search(dot)
                assert list(hidden(dot, theme.page)) == []


SEEN = """
const texts = [...document.querySelectorAll('#canvas text')].flatMap(text => text.children.length ? [...text.children] : [text]);
const found = new Set(texts.map(text => {
  const row = text.closest('text');
  const plate = row.classList.contains('number') ? row.previousElementSibling : null;
  const box = plate ?? row.closest('.box')?.querySelector(':scope > rect, :scope > ellipse') ?? row.closest('.frame')?.querySelector('rect');
  return getComputedStyle(text).fill + '/' + (box ? getComputedStyle(box).fill : getComputedStyle(document.body).backgroundColor);
}));
return [...found].map(pair => pair.split('/'));
"""


@in_browser
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_texts_of_the_page_can_be_read(browser: Any, tmp_path: Path, theme: Theme) -> None:
    """Also on the colours of costs, the rows in small type and the counts of equal blocks among them."""
    from selenium.webdriver.support.ui import Select

    made = to_page(check("resnet50").graph)
    assert isinstance(made, str)
    (tmp_path / "net.html").write_text(made, encoding="utf-8")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme.name}]})
    browser.get((tmp_path / "net.html").as_uri())
    seen = set()
    for press in ("fit", "unfold"):
        browser.find_element("id", press).click()
        for color in ("kind", "MACs", "parameters"):
            Select(browser.find_element("id", "color")).select_by_visible_text(color)
            pairs = {tuple(map(hexadecimal, pair)) for pair in browser.execute_script(SEEN)}
            assert [pair for pair in pairs if contrast(*pair) < LEAST] == []
            seen |= pairs
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert len(seen) > 12


def hexadecimal(color: str) -> str:
    """`rgb(255, 0, 0)` as `#ff0000`."""
    return "#" + "".join(f"{int(value):02x}" for value in re.findall(r"\d+", color)[:3])
