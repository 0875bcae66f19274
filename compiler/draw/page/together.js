// Two pictures seen together: where one is moved or scaled the other follows, so that what is the same stands side by side.
import { keepToo } from "./address.js";
import { data, each, inRanges } from "./data.js";
import { onDraw } from "./draw.js";
import { byId } from "./elements.js";
import { changed, panes, state } from "./state.js";
import { twin } from "./twins.js";
import { onView, room, show } from "./view.js";

/** @import { Pane, Point, Rect } from "./types.d.ts" */

const choice = byId("together", HTMLInputElement);
const along = () => (data.across ? 0 : 1);

/** Places along the flow, in both pictures, that belong together; growing in both. */
let anchors = /** @type {Point[]} */ ([]);

onDraw(() => {
  const [one, two] = panes;
  const middles = /** @type {Point[]} */ ([]);
  const drawn = [...state.drawn.values()];
  for (const item of drawn) {
    if (item.pane !== one || item.what.k === undefined) continue;
    for (const node of each(item.what.x)) {
      const other = twin(node);
      const found = other === undefined ? undefined : drawn.findLast((box) => box.pane === two && inRanges(box.what.x, other));
      if (!found) continue;
      middles.push([middle(item.rect), middle(found.rect)]);
      break;
    }
  }
  anchors = rising(middles);
});

/**
 * As many of some points as grow in both: one step that stands elsewhere in the other picture leaves all others side by side.
 * @param {Point[]} points
 * @returns {Point[]}
 */
function rising(points) {
  // Of those that are level in the first picture the later come first, so that no two of them are taken.
  points.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  /** @typedef {{point: Point, before: Row | undefined}} Row */
  const ends = /** @type {Row[]} */ ([]); // for each length the row that ends first in the second picture
  for (const point of points) {
    const place = ends.findIndex((row) => row.point[1] >= point[1]);
    const at = place < 0 ? ends.length : place;
    ends[at] = { point, before: ends[at - 1] };
  }
  const found = /** @type {Point[]} */ ([]);
  for (let row = ends[ends.length - 1]; row; row = /** @type {Row} */ (row.before)) found.unshift(row.point);
  return found;
}

/** @param {Rect} rect */
const middle = (rect) => rect[along()] + rect[along() + 2] / 2;

/**
 * The place in the other picture that belongs to one along the flow of a picture.
 * @param {number} at
 * @param {0 | 1} side the picture that it is of
 */
function across(at, side) {
  const other = side ? 0 : 1;
  if (!anchors.length) return at;
  const next = anchors.findIndex((anchor) => anchor[side] >= at);
  const edge = next === 0 ? anchors[0] : next < 0 ? anchors[anchors.length - 1] : undefined;
  if (edge) return at - edge[side] + edge[other];
  const [before, after] = [anchors[next - 1], anchors[next]];
  const [here, there] = [side, other].map((one) => after[one] - before[one]);
  // Near what stands in both the two go on side by side; further from it the one with more between goes faster.
  const kept = HELD * Math.min(here, there);
  const far = at - before[side];
  if (far <= kept) return before[other] + far;
  if (far >= here - kept) return after[other] - here + far;
  return before[other] + kept + ((far - kept) / (here - 2 * kept)) * (there - 2 * kept);
}

/** The share of what stands between two such places, in the picture with less of it, in which both move alike: at its beginning, and at its end. */
const HELD = 0.3;

/** Where a picture begins that is seen from its beginning. */
const BEGIN = -12;

/**
 * The middle that is seen of the other picture. Where the beginning of one is seen the other's is as well; from there on it comes level with what
 * is the same, by no more than the picture was moved: it stands still, or goes twice as far.
 * @param {number} at the middle of what is seen
 * @param {Rect} view
 * @param {Pane} pane
 */
function level(at, view, pane) {
  const most = Math.max(view[along()] - BEGIN, 0);
  return at + Math.min(Math.max(across(at, pane.number ? 1 : 0) - at, -most), most);
}

/**
 * @param {Pane} pane
 * @param {Pane} other
 */
function follow(pane, other) {
  if (!pane.view) return;
  const { view } = pane;
  const [here, there] = [room(pane), room(other)];
  const size = [0, 1].map((axis) => (view[axis + 2] * there[axis]) / here[axis]);
  const center = [0, 1].map((axis) => {
    const at = view[axis] + view[axis + 2] / 2;
    return axis === along() ? level(at, view, pane) : at - pane.size[axis] / 2 + other.size[axis] / 2;
  });
  show(other, [center[0] - size[0] / 2, center[1] - size[1] / 2, size[0], size[1]]);
}

let following = false;
onView((pane, isOneOfAll) => {
  if (isOneOfAll || !choice.checked || following) return;
  following = true;
  for (const other of panes) if (other !== pane) follow(pane, other);
  following = false;
});
choice.addEventListener("change", () => {
  if (choice.checked && state.active.view) show(state.active, state.active.view);
  changed();
});
keepToo("apart", {
  tell: () => !choice.checked,
  set: (isSo) => {
    choice.checked = !isSo;
  },
});
