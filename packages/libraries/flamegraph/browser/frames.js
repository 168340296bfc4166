/** Completes the columns of the page's data, depth first: who lies on whom, and where. Widths are sums of both sides. */
export function layOut({ depth, self, base, exact }) {
  const number = exact ? BigInt : Number;
  const count = depth.length;
  const parent = new Int32Array(count).fill(-1);
  const end = new Uint32Array(count).fill(count);
  const path = [];
  for (let at = 0; at < count; at++) {
    for (let level = path.length - 1; level >= depth[at]; level--) end[path[level]] = at;
    path.length = depth[at];
    if (depth[at] > 0) parent[at] = path[depth[at] - 1];
    path[depth[at]] = at;
  }
  const totalsOf = (selfs) => {
    const totals = selfs.map(number);
    for (let at = count - 1; at > 0; at--) totals[parent[at]] += totals[at];
    return totals;
  };
  const total = totalsOf(self);
  const baseTotal = base && totalsOf(base);
  const width = Float64Array.from(total, (value, at) => Number(value) + (baseTotal ? Number(baseTotal[at]) : 0));
  const begin = new Float64Array(count);
  const next = new Float64Array(count);
  for (let at = 1; at < count; at++) {
    begin[at] = next[parent[at]];
    next[at] = begin[at];
    next[parent[at]] += width[at];
  }
  return { count, depth, parent, end, total, baseTotal, width, begin };
}

/** Narrower than this, in pixels, frames are drawn together. */
const narrow = 0.5;

/**
 * What is to be drawn when `root` is as wide as the page: `{ frame, x, width }`, where `frame` is one, or
 * `{ narrow, parent, depth, x, width }` for neighbours that are too narrow each, with all that lies on them.
 */
export function boxesOf(frames, { root, pixels }) {
  const { depth, parent, end, width, begin } = frames;
  const boxes = [];
  for (let at = parent[root]; at !== -1; at = parent[at]) boxes.unshift({ frame: at, x: 0, width: pixels });
  const scale = width[root] > 0 ? pixels / width[root] : 0;
  const open = [];
  let hidden = 0;
  for (let at = root; at < end[root]; ) {
    const size = width[at] * scale;
    if (size >= narrow || at === root) {
      boxes.push({ frame: at, x: (begin[at] - begin[root]) * scale, width: at === root ? pixels : size });
      at++;
      continue;
    }
    const level = depth[at];
    let run = open[level];
    if (!run || run.parent !== parent[at] || run.until !== begin[at]) {
      run = { narrow: 0, parent: parent[at], depth: level, x: (begin[at] - begin[root]) * scale, width: 0, until: 0 };
      open[level] = run;
      boxes.push(run);
    }
    run.narrow += end[at] - at;
    run.width += size;
    run.until = begin[at] + width[at];
    hidden += end[at] - at;
    at = end[at];
  }
  return { boxes: boxes.filter((box) => box.frame !== undefined || box.width >= narrow), hidden };
}

/** What the matching frames of `root` are worth together, on each side; what lies on a match is not counted again. */
export function matchedTotals({ end, total, baseTotal }, { root, matches }) {
  const sides = baseTotal ? [total, baseTotal] : [total];
  const sums = sides.map(() => 0);
  for (let at = root; at < end[root]; ) {
    if (!matches(at)) {
      at++;
      continue;
    }
    for (const [side, totals] of sides.entries()) sums[side] += Number(totals[at]);
    at = end[at];
  }
  return sums;
}
