// Boxes in the colours of their costs.
import { data } from "./data.js";
import { dark } from "./state.js";

/** @param {string} color `#rrggbb` */
const channels = (color) => [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16));

/** @param {number[]} rgb */
const luminance = (rgb) =>
  rgb
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, k) => sum + value * [0.2126, 0.7152, 0.0722][k], 0);

/**
 * The colour of a share of the dearest, and whether black or white is read on it.
 * @param {number} share
 */
export function heat(share) {
  const colors = data.heat[dark.matches ? 1 : 0];
  const place = Math.min(1, Math.max(0, share)) * (colors.length - 1);
  const step = Math.min(Math.floor(place), colors.length - 2);
  const [a, b] = [channels(colors[step]), channels(colors[step + 1])];
  const rgb = a.map((value, k) => Math.round(value + (b[k] - value) * (place - step)));
  const light = luminance(rgb);
  return { fill: `rgb(${rgb})`, text: 1.05 / (light + 0.05) > (light + 0.05) / 0.05 ? "#fff" : "#000" };
}
