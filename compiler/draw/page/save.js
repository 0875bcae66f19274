// What is seen, as a file: an SVG that stands alone, or a bitmap of it.
import { data } from "./data.js";
import { byId, svg } from "./elements.js";
import { panes } from "./state.js";

/** What an element looks like, which the page says in its style sheet. */
const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "text-anchor", "opacity"];
const OF_THE_PAGE = ["class", "style", "role", "tabindex", "data-key", "aria-label", "aria-expanded", "id"];
/** Pixels of a bitmap for one of the screen. */
const SHARP = 2;

/** The pictures as they are seen, side by side where there are two. */
function seen() {
  const places = panes.map((pane) => pane.canvas.getBoundingClientRect());
  const [left, top] = [Math.min(...places.map((place) => place.left)), Math.min(...places.map((place) => place.top))];
  const width = Math.ceil(Math.max(...places.map((place) => place.right)) - left);
  const height = Math.ceil(Math.max(...places.map((place) => place.bottom)) - top);
  const page = svg("rect", { width, height, fill: getComputedStyle(document.body).backgroundColor });
  const root = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` }, page);
  root.setAttribute("font-family", getComputedStyle(panes[0].canvas).fontFamily);
  root.prepend(svg("title", {}, data.network));
  panes.forEach(({ canvas }, k) => {
    const { x, y, width: w, height: h } = places[k];
    const part = svg("svg", { x: x - left, y: y - top, width: w, height: h, viewBox: canvas.getAttribute("viewBox") ?? "" });
    for (const child of canvas.children) part.append(alone(child));
    root.append(part);
  });
  return { text: new XMLSerializer().serializeToString(root), width, height };
}

/**
 * A copy that looks the same without the page's style sheet.
 * @param {Element} element
 */
function alone(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  const [from, to] = [element, copy].map((one) => [one, ...one.querySelectorAll("*")]);
  from.forEach((one, k) => {
    const look = getComputedStyle(one);
    const isTip = one.tagName === "marker";
    for (const name of OF_THE_PAGE) if (!(isTip && name === "id")) to[k].removeAttribute(name);
    if (one.children.length && one.tagName !== "text") return;
    if (one.tagName !== "title") for (const name of LOOKS) to[k].setAttribute(name, look.getPropertyValue(name));
    if (one.closest(".off")) to[k].setAttribute("opacity", getComputedStyle(/** @type {Element} */ (one.closest(".off"))).opacity);
  });
  return copy;
}

/**
 * @param {Blob} blob
 * @param {string} ending
 */
function download(blob, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${data.network.replace(/[^\w.-]+/g, "_")}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

byId("svg", HTMLButtonElement).addEventListener("click", () => download(new Blob([seen().text], { type: "image/svg+xml" }), "svg"));

byId("png", HTMLButtonElement).addEventListener("click", async () => {
  const { text, width, height } = seen();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const bitmap = document.createElement("canvas");
  bitmap.width = SHARP * width;
  bitmap.height = SHARP * height;
  bitmap.getContext("2d")?.drawImage(image, 0, 0, bitmap.width, bitmap.height);
  bitmap.toBlob((blob) => blob && download(blob, "png"));
});
