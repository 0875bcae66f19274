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
  middles.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  anchors = [];
  for (const point of middles) {
    const last = anchors[anchors.length - 1];
    if (!last || (point[0] > last[0] && point[1] > last[1])) anchors.push(point);
  }
});

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
  return before[other] + ((at - before[side]) / (after[side] - before[side])) * (after[other] - before[other]);
}

/**
 * The middle that is seen of the other picture. Where the beginning of one is seen the other's is as well; from there on what is the same is level.
 * @param {number} at the middle of what is seen
 * @param {Rect} view
 * @param {Pane} pane
 */
function level(at, view, pane) {
  const share = Math.min(Math.max(view[along()] / (view[along() + 2] / 2), 0), 1);
  return at + share * (across(at, pane.number ? 1 : 0) - at);
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
