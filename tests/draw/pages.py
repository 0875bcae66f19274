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
