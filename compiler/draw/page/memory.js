// The curve of memory: a click on it shows the operation.
import { data } from "./data.js";
import { byId, fixed, html, svg } from "./elements.js";
import { reveal } from "./folding.js";
import { follow, select } from "./selection.js";

/** Beyond so many selected operations their marks would hide the curve. */
const MOST_MARKS = 200;

const moments = data.memory;
const mark = svg("path", { class: "here", d: "" });
byId("memory", HTMLElement).append(...(moments.length ? curve() : [html("p", {}, "Nothing is computed.")]));

/** @param {number} value */
function bytes(value) {
  if (value >= 2 ** 30) return `${(value / 2 ** 30).toFixed(2)} GiB`;
  return value >= 2 ** 20 ? `${(value / 2 ** 20).toFixed(1)} MiB` : `${(value / 1024).toFixed(1)} KiB`;
}

function curve() {
  const count = moments.length;
  const peak = moments.reduce((best, moment) => (moment[1] > best[1] ? moment : best));
  const told = `at most ${bytes(data.peak)}, at ${data.nodes[peak[0]][0]}. A click on the curve shows the operation.`;
  let d = "M0 100";
  moments.forEach(([, size], k) => {
    const y = fixed(100 - (size / data.peak) * 96);
    d += `L${k} ${y}L${k + 1} ${y}`;
  });
  const chart = svg(
    "svg",
    {
      viewBox: `0 0 ${count} 100`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `Memory by operation; peak ${bytes(data.peak)}`,
    },
    svg("path", { class: "area", d: `${d}L${count} 100Z` }),
    mark,
  );
  const said = html("p", { "aria-live": "polite" }, " ");
  /** @param {MouseEvent} event */
  const momentAt = (event) => {
    const { left, width } = chart.getBoundingClientRect();
    return moments[Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * count)))];
  };
  chart.addEventListener("pointermove", (event) => {
    const [node, size] = momentAt(event);
    said.textContent = `${data.nodes[node][0]}: ${bytes(size)}`;
  });
  chart.addEventListener("click", (event) => {
    const [node] = momentAt(event);
    reveal(node);
    select([node], "memory");
  });
  return [html("p", {}, `Inference of one image in float32, weights apart: ${told}`), chart, said];
}

follow(({ nodes }) => {
  const marks = nodes.size < MOST_MARKS ? moments.map(([node], k) => (nodes.has(node) ? `M${k + 0.5} 0V100` : "")) : [];
  mark.setAttribute("d", marks.join(""));
});
