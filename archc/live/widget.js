// The face of widget.py. Only the picture, which archc drew, goes in as markup; all other words are text.

const PAUSE = 250; // milliseconds without a key, after which the text is sent

function made(tag, parent, style = "") {
  const element = parent.appendChild(document.createElement(tag));
  element.style.cssText = style;
  return element;
}

function render({ model, el }) {
  const text = made("textarea", el, "width: 100%; box-sizing: border-box; font-family: monospace; tab-size: 2");
  text.spellcheck = false;
  text.ariaLabel = "the text of the network";
  const fields = made("div", el, "display: flex; flex-wrap: wrap; gap: 1em");
  const problems = made("pre", el, "white-space: pre-wrap; margin: 0.5em 0");
  problems.role = "status";
  const totals = made("p", el, "font-weight: bold");
  const picture = made("div", el, "max-width: 100%; overflow-x: auto; background: white");
  let timer = 0;

  text.addEventListener("keydown", (event) => event.stopPropagation()); // keys of the notebook are not meant
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => send("text", text.value), PAUSE);
  });

  function send(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function field([name, value]) {
    const label = made("label", fields);
    label.textContent = `${name} `;
    const input = made("input", label, "width: 6em");
    input.type = "number";
    input.name = name;
    input.value = model.get("settings")[name] ?? value;
    input.addEventListener("change", () => {
      const { [name]: _, ...others } = model.get("settings");
      send("settings", input.value === "" ? others : { ...others, [name]: Number(input.value) });
    });
  }

  const shows = {
    text() {
      if (document.activeElement !== text) text.value = model.get("text"); // who types is not interrupted
      text.rows = Math.max(4, model.get("text").split("\n").length);
    },
    parameters() {
      fields.replaceChildren();
      for (const row of model.get("parameters")) if (Number.isInteger(row[1])) field(row);
    },
    diagnostics() {
      const line = (row) => `${row.line}:${row.column}: ${row.severity}[${row.code}]: ${row.message}${row.help ? `\n  help: ${row.help}` : ""}`;
      problems.textContent = model.get("diagnostics").map(line).join("\n");
    },
    totals() {
      totals.textContent = model.get("totals");
    },
    picture() {
      picture.innerHTML = model.get("picture");
    },
    stale() {
      picture.style.opacity = totals.style.opacity = model.get("stale") ? 0.4 : 1;
    },
  };
  for (const [name, show] of Object.entries(shows)) {
    show();
    model.on(`change:${name}`, show);
  }
  return () => {
    clearTimeout(timer);
    for (const [name, show] of Object.entries(shows)) model.off(`change:${name}`, show);
  };
}

export default { render };
