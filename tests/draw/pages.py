"""What tests of pages in a browser do over and over."""

from __future__ import annotations

from typing import Any


def labels(browser: Any, kind: str = "box", canvas: str = "canvas") -> list[str]:
    found = browser.execute_script(
        "return [...document.querySelectorAll(`#${arguments[1]} .${arguments[0]}`)].map(box => box.getAttribute('aria-label'))",
        kind,
        canvas,
    )
    assert isinstance(found, list)
    return found


def click(browser: Any, label: str, canvas: str = "canvas") -> None:
    browser.execute_script(
        "[...document.querySelectorAll(`#${arguments[1]} [aria-label]`)].find(box => box.getAttribute('aria-label').startsWith(arguments[0]))"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))",
        label,
        canvas,
    )


def places(browser: Any, canvas: str = "canvas") -> dict[str, tuple[float, float, float, float]]:
    """Where the boxes stand on the screen: left, top, right, bottom."""
    found = browser.execute_script(
        """
        return [...document.querySelectorAll(`#${arguments[0]} .box`)].map(box => {
          const {left, top, right, bottom} = box.querySelector("rect, ellipse").getBoundingClientRect();
          return [box.getAttribute("aria-label"), [left, top, right, bottom]];
        });
        """,
        canvas,
    )
    return {label: tuple(place) for label, place in found}


def view(browser: Any, canvas: str = "canvas") -> list[float]:
    """The part of a picture that is seen."""
    return [float(number) for number in browser.find_element("id", canvas).get_dom_attribute("viewBox").split()]


def center(seen: list[float]) -> list[float]:
    return [seen[0] + seen[2] / 2, seen[1] + seen[3] / 2]


def shape(browser: Any, selector: str) -> list[float]:
    """Where an element stands on the screen: left, top, right, bottom."""
    found = browser.execute_script(
        "const {left, top, right, bottom} = document.querySelector(arguments[0]).getBoundingClientRect(); return [left, top, right, bottom]",
        selector,
    )
    assert isinstance(found, list)
    return found


def beside(browser: Any) -> str:
    """The panel that is seen beside the picture."""
    (panel,) = [panel for panel in browser.find_elements("css selector", "[role=tabpanel]") if panel.is_displayed()]
    return str(panel.get_attribute("id"))


def notes(browser: Any) -> str:
    """What stands over the picture: the legend, and what a trace says."""
    return str(browser.find_element("id", "notes").text)


def touched(browser: Any, steps: list[list[tuple[float, float]]]) -> None:
    """Fingers go down at the first places, move through the others, and go up."""
    for number, step in enumerate(steps):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(step)]
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchMove" if number else "touchStart", "touchPoints": points})
    browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def struck(browser: Any, canvas: str = "canvas") -> list[tuple[str, str]]:
    """Boxes and headings that a line runs through, and where each of these lines begins. At the border of what it leads to a line may end."""
    found = browser.execute_script(
        """
        const items = [...document.querySelectorAll(`#${arguments[0]} .box`)].map(box => [box.getAttribute("aria-label"), box.querySelector("rect, ellipse")]);
        for (const heading of document.querySelectorAll(`#${arguments[0]} .heading text`)) items.push([heading.textContent, heading]);
        const kept = items.map(([name, element]) => [name, element.getBoundingClientRect(), element.tagName === "ellipse"]);
        const isIn = (x, y, {left, top, right, bottom}, isRound) => isRound
          ? Math.hypot((2 * x - left - right) / (right - left - 4), (2 * y - top - bottom) / (bottom - top - 4)) < 1
          : x > left + 2 && x < right - 2 && y > top + 2 && y < bottom - 2;
        const found = [];
        for (const line of document.querySelectorAll(`#${arguments[0]} path.line`)) {
          const onScreen = line.getScreenCTM(), length = line.getTotalLength(), hits = new Map();
          for (let at = 0; at < length; at += 1.5) {
            const {x, y} = line.getPointAtLength(at).matrixTransform(onScreen);
            for (const [name, place, isRound] of kept) if (isIn(x, y, place, isRound)) hits.set(name, (hits.get(name) ?? 0) + 1);
          }
          for (const [name, times] of hits) if (times > 2) found.push([name, line.getAttribute("d").slice(0, 40)]);
        }
        return found;
        """,
        canvas,
    )
    return [tuple(row) for row in found]
