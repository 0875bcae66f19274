// What stands beside the picture, one at a time.
import { byId } from "./elements.js";
import { changed } from "./state.js";

const tabs = [...document.querySelectorAll("[role=tab]")].filter((tab) => tab instanceof HTMLElement);

/** @param {HTMLElement} tab */
const panelOf = (tab) => tab.getAttribute("aria-controls") ?? "";

/** @param {HTMLElement} tab */
function choose(tab) {
  for (const other of tabs) {
    const on = other === tab;
    other.setAttribute("aria-selected", String(on));
    other.tabIndex = on ? 0 : -1;
    byId(panelOf(other), HTMLElement).hidden = !on;
  }
  changed();
}

/** The panel that is seen. */
export function chosenTab() {
  const tab = tabs.find((one) => one.getAttribute("aria-selected") === "true");
  return tab ? panelOf(tab) : "";
}

/** @param {string} panel */
export function chooseTab(panel) {
  const tab = tabs.find((one) => panelOf(one) === panel);
  if (tab) choose(tab);
}

tabs.forEach((tab, k) => {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(k + step + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  });
});
