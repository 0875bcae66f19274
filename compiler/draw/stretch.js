"use strict";
// Where everything of a page stands: layouts come from Graphviz, and are stretched by what is open and shrunk by what is folded.
// A growing function along one axis: each strip is scaled by the largest demand of what covers it, gaps keep their size.
function stretched(demands) {
  const marks = [...new Set(demands.flatMap(([from, to]) => [from, to]))].sort((a, b) => a - b);
  const images = [marks[0] ?? 0];
  for (let k = 1; k < marks.length; k++) {
    const middle = (marks[k - 1] + marks[k]) / 2;
    let scale = null;
    for (const [from, to, size] of demands)
      if (from < middle && middle < to) scale = Math.max(scale ?? 0, size / (to - from));
    images.push(images[k - 1] + (marks[k] - marks[k - 1]) * (scale ?? 1));
  }
  return at => {
    if (!marks.length || at <= marks[0]) return at;
    const last = marks.length - 1;
    if (at >= marks[last]) return at - marks[last] + images[last];
    let low = 0, high = last;
    while (high - low > 1) { const middle = (low + high) >> 1; if (marks[middle] <= at) low = middle; else high = middle; }
    return images[low] + (at - marks[low]) / (marks[high] - marks[low]) * (images[high] - images[low]);
  };
}

// What is left of an interval without others.
function without([from, to], others) {
  const left = [];
  for (const [a, b] of others.sort((one, two) => one[0] - two[0])) {
    if (a > from) left.push([from, Math.min(a, to)]);
    from = Math.max(from, b);
  }
  if (from < to) left.push([from, to]);
  return left;
}

function headingSize(rows) {
  const width = Math.max(...rows.map(row => row.reduce((sum, [text, , wide]) => sum + (wide ?? text.length * 6), 0)));
  return [width + 16, rows.length * 10 + 8];
}

// A layout with its open boxes and shut frames: where everything stands, in its own coordinates.
function compose(number, path) {
  const layout = data.layouts[number];
  const isShut = layout.frames.map((frame, k) => shut.has(path + frame.n) && !frame.f.some(above => shut.has(path + layout.frames[above].n)));
  const hidden = item => item.f.some(above => isShut[above] || layout.frames[above].f.some(k => isShut[k]));
  const holder = item => item.f.find(above => isShut[above]);
  const boxes = [], demandsX = [], demandsY = [];
  const demand = ([x, y, w, h], size) => { demandsX.push([x, x + w, size[0]]); demandsY.push([y, y + h, size[1]]); };
  layout.frames.forEach((frame, k) => {
    if (isShut[k]) { demand(frame.p, headingSize(frame.r)); return; }
    if (hidden(frame)) return;
    // The gaps between boxes of an open frame keep their size, but for those where a frame inside it is shut.
    const within = layout.frames.filter((other, j) => isShut[j] && other.f.includes(k)).map(other => other.p);
    for (const axis of [0, 1])
      for (const [from, to] of without([frame.p[axis], frame.p[axis] + frame.p[axis + 2]], within.map(p => [p[axis], p[axis] + p[axis + 2]])))
        (axis ? demandsY : demandsX).push([from, to, to - from]);
  });
  for (const box of layout.boxes) {
    if (hidden(box)) continue;
    const key = path + box.n;
    let size = [box.p[2], box.p[3]], inner = null;
    if (open.has(key) && box.i !== undefined) {
      inner = compose(box.i, key + "/");
      // What comes in stands in the middle, and the heading ends left of it.
      const heading = headingSize(box.r.slice(0, 1)), port = inner.ports.in0 ?? inner.ports.out0;
      const axis = port ? inner.mapX(port[0]) : inner.w / 2;
      inner.axis = axis;
      size = [2 * Math.max(axis + MARGIN, inner.w - axis + MARGIN, heading[0]), inner.h + HEADING + MARGIN];
    }
    demand(box.p, size);
    boxes.push({ box, key, size, inner });
  }
  const mapX = stretched(demandsX), mapY = stretched(demandsY);
  const middle = p => [(mapX(p[0]) + mapX(p[0] + p[2])) / 2, (mapY(p[1]) + mapY(p[1] + p[3])) / 2];
  const rectangles = new Map(), insides = new Map();
  for (const item of boxes) {
    const [x, y] = middle(item.box.p);
    item.rect = [x - item.size[0] / 2, y - item.size[1] / 2, ...item.size];
    rectangles.set(item.box.n, item.rect);
    if (item.inner) {
      item.at = [x - item.inner.axis, item.rect[1] + HEADING];
      insides.set(item.box.n, item);
    }
  }
  const frames = [];
  layout.frames.forEach((frame, k) => {
    if (frame.f.some(above => isShut[above])) return;
    const key = path + frame.n, [x, y, w, h] = frame.p;
    if (isShut[k]) {
      const size = headingSize(frame.r), [cx, cy] = middle(frame.p);
      const rect = [cx - size[0] / 2, cy - size[1] / 2, ...size];
      frames.push({ frame, key, rect, shut: true });
      for (const box of layout.boxes) if (box.f.includes(k)) rectangles.set(box.n, rect);
    } else frames.push({ frame, key, rect: [mapX(x), mapY(y), mapX(x + w) - mapX(x), mapY(y + h) - mapY(y)], shut: false });
  });
  const place = new Map(layout.boxes.map(box => [box.n, holder(box)]));
  const lines = [];
  for (const line of layout.lines) {
    const from = place.get(line.t), to = place.get(line.h);
    if (from !== undefined && from === to) continue;
    const points = [];
    for (let k = 0; k < line.d.length; k += 2) points.push([mapX(line.d[k]), mapY(line.d[k + 1])]);
    const label = line.l && from === undefined ? labelAt(line, mapX, mapY) : null;
    lines.push({ line, label, d: run(points, line, rectangles, insides, from !== undefined, to !== undefined), arrow: !insides.has(line.h) && !line.h.startsWith("out") });
  }
  return { w: mapX(layout.w), h: mapY(layout.h), frames, boxes, lines, ports: layout.ports, mapX, mapY };
}

const inRect = ([x, y], [rx, ry, w, h]) => x > rx && x < rx + w && y > ry && y < ry + h;
const toRect = ([x, y], [rx, ry, w, h]) => [Math.min(Math.max(x, rx), rx + w), Math.min(Math.max(y, ry), ry + h)];

// The path of a line: the stretched spline, cut at what was folded, led on to what is smaller than its strip or was opened.
function run(points, line, rectangles, insides, cutTail, cutHead) {
  const tail = rectangles.get(line.t), head = rectangles.get(line.h);
  const bezier = points.slice(0, points.length - (points.length % 3 === 2 ? 1 : 0));
  let d;
  if (cutTail || cutHead) {
    let samples = [bezier[0]];
    for (let k = 1; k + 2 < bezier.length; k += 3)
      for (let s = 1; s <= 12; s++) samples.push(onCurve(bezier[k - 1], bezier[k], bezier[k + 1], bezier[k + 2], s / 12));
    if (bezier.length < points.length) samples.push(points[points.length - 1]);
    if (cutTail) while (samples.length > 1 && inRect(samples[0], tail)) samples.shift();
    if (cutHead) while (samples.length > 1 && inRect(samples[samples.length - 1], head)) samples.pop();
    if (cutTail) samples.unshift(toRect(samples[0], tail));
    if (cutHead) samples.push(toRect(samples[samples.length - 1], head));
    d = "M" + samples.map(p => p.map(fixed).join(" ")).join("L");
  } else {
    d = "M" + bezier[0].map(fixed).join(" ");
    for (let k = 1; k + 2 < bezier.length; k += 3) d += "C" + [bezier[k], bezier[k + 1], bezier[k + 2]].map(p => p.map(fixed).join(" ")).join(" ");
    if (bezier.length < points.length) d += "L" + points[points.length - 1].map(fixed).join(" ");
  }
  if (tail && !cutTail) {
    const start = points[0], border = toRect(start, tail);
    if (apart(start, border)) d = "M" + border.map(fixed).join(" ") + "L" + d.slice(1);
  }
  if (head && !cutHead) {
    const end = points[points.length - 1], border = toRect(end, head);
    if (apart(end, border)) d += "L" + border.map(fixed).join(" ");
  }
  const into = insides.get(line.h), outOf = insides.get(line.t);
  if (into) {
    const end = toRect(points[points.length - 1], head);
    for (const port of line.v ?? [0]) {
      const [x, y] = portAt(into, "in" + port) ?? end;
      d += `M${fixed(end[0])} ${fixed(end[1])}C${fixed(end[0])} ${fixed((end[1] + y) / 2)} ${fixed(x)} ${fixed((end[1] + y) / 2)} ${fixed(x)} ${fixed(y)}`;
    }
  }
  if (outOf) {
    const start = toRect(points[0], tail);
    for (const port of line.u ?? [0]) {
      const [x, y] = portAt(outOf, "out" + port) ?? start;
      d = `M${fixed(x)} ${fixed(y)}C${fixed(x)} ${fixed((start[1] + y) / 2)} ${fixed(start[0])} ${fixed((start[1] + y) / 2)} ${fixed(start[0])} ${fixed(start[1])}` + d;
    }
  }
  return d;
}
// A label keeps its distance from the nearest point of its line.
function labelAt(line, mapX, mapY) {
  const [text, x, y] = line.l;
  let best = null, least = Infinity;
  for (let k = 2; k + 6 <= line.d.length; k += 6)
    for (let s = 0; s <= 12; s++) {
      const point = onCurve(...[k - 2, k, k + 2, k + 4].map(j => [line.d[j], line.d[j + 1]]), s / 12), distance = Math.hypot(point[0] - x, point[1] - y);
      if (distance < least) { least = distance; best = point; }
    }
  return best ? [text, mapX(best[0]) + x - best[0], mapY(best[1]) + y - best[1]] : [text, mapX(x), mapY(y)];
}
const fixed = value => +value.toFixed(1);
const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) > 1.5;
const onCurve = (a, b, c, d, t) => [0, 1].map(k => (1 - t) ** 3 * a[k] + 3 * (1 - t) ** 2 * t * b[k] + 3 * (1 - t) * t * t * c[k] + t ** 3 * d[k]);
function portAt(item, name) {
  const port = item.inner.ports[name];
  return port && [item.at[0] + item.inner.mapX(port[0]), item.at[1] + item.inner.mapY(port[1])];
}

