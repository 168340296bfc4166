import { boxesOf, layOut, matchedTotals } from './frames.js';
import { describe, formatShare, formatValue, matcherOf } from './text.js';

const element = (id) => document.getElementById(id);
const data = JSON.parse(element('data').textContent);
const frames = layOut(data);
const chart = element('chart');
const details = element('details');
const search = element('search');
const rowHeight = 18;

let root = 0;
let focused = 0;
let orientation = data.orientation;
let matched;
/** The boxes that are drawn, by frame. */
let drawn = new Map();

function draw() {
  const pixels = chart.clientWidth;
  const share = (length) => `${(length / (pixels || 1)) * 100}%`;
  const { boxes, hidden } = boxesOf(frames, { root, pixels });
  const depths = boxes.map((box) => box.depth ?? frames.depth[box.frame]);
  chart.style.height = `${(Math.max(...new Set(depths)) + 1) * rowHeight}px`;
  drawn = new Map();
  const side = orientation === 'icicle' ? 'top' : 'bottom';
  const parts = document.createDocumentFragment();
  for (const [index, box] of boxes.entries()) {
    const part = box.frame === undefined ? narrowPart(box) : framePart(box);
    // Shares, so that it fits on paper too.
    part.style.left = share(box.x);
    part.style.width = share(Math.max(box.width - (box.width > 3 ? 1 : 0), 0.5));
    part.style[side] = `${depths[index] * rowHeight}px`;
    parts.append(part);
  }
  chart.replaceChildren(parts);
  if (!drawn.has(focused)) focused = root;
  drawn.get(focused).part.tabIndex = 0;
  element('reset').disabled = root === 0;
  element('counts').textContent =
    `${drawn.size.toLocaleString('en')} of ${frames.count.toLocaleString('en')} frames` +
    (hidden > 0 ? `; ${hidden.toLocaleString('en')} are narrower than half a pixel: zoom in to see them` : '');
  showMatched();
}

function framePart(box) {
  const at = box.frame;
  const name = data.name[at];
  const part = document.createElement('div');
  const text = describe(at, { data, frames });
  part.className = `frame ${data.change ? data.colors[data.change[at]] : data.colors[data.color[name]]}`;
  if (at < root && frames.end[at] > root) part.classList.add('ancestor');
  if (matched) part.classList.add(matched[name] ? 'match' : 'other');
  if (box.width > 12) part.textContent = data.names[name];
  part.title = text.join('\n');
  part.tabIndex = -1;
  part.dataset.frame = String(at);
  part.setAttribute('role', 'treeitem');
  part.setAttribute('aria-level', String(frames.depth[at] + 1));
  part.setAttribute('aria-label', text.join(', '));
  drawn.set(at, { ...box, part });
  return part;
}

function narrowPart(box) {
  const part = document.createElement('div');
  part.className = 'frame rest';
  part.title = `${box.narrow.toLocaleString('en')} frames, each narrower than half a pixel. Zoom in to see them.`;
  part.dataset.frame = String(box.parent);
  part.setAttribute('aria-hidden', 'true');
  return part;
}

function zoom(at) {
  root = at;
  focused = at;
  draw();
  showDetails(at);
  drawn.get(at).part.scrollIntoView({ block: 'nearest' });
}

function focus(at) {
  if (at === undefined || !drawn.has(at)) return;
  drawn.get(focused).part.tabIndex = -1;
  focused = at;
  const { part } = drawn.get(at);
  part.tabIndex = 0;
  part.focus();
}

const showDetails = (at) => (details.textContent = describe(at, { data, frames }).join(' · '));

function showMatched() {
  const output = element('matched');
  if (!matched) {
    output.textContent = '';
    return;
  }
  const matches = (at) => matched[data.name[at]];
  const sums = matchedTotals(frames, { root, matches });
  const all = frames.baseTotal ? [frames.total[root], frames.baseTotal[root]] : [frames.total[root]];
  const shares = sums.map((sum, side) => `${formatShare(sum, all[side])}, ${formatValue(sum, data.units)}`);
  output.textContent =
    shares.length === 1 ? `Matched: ${shares[0]}` : `Matched: before ${shares[1]}; after ${shares[0]}`;
}

function find() {
  const text = search.value.trim();
  const matches = text === '' ? undefined : matcherOf(text);
  matched = matches && data.names.map((name) => matches(name));
  // Where nothing matches, nothing is dimmed.
  chart.classList.toggle('found', matched?.includes(true) ?? false);
  draw();
}

/** The widest frame that is drawn and for which the test holds. */
function widest(test) {
  let found;
  for (const [at, { width }] of drawn) if (test(at) && !(found && drawn.get(found).width >= width)) found = at;
  return found;
}

/** The frame next to the focused one, in its row. */
function beside(step) {
  const row = [...drawn.keys()].filter((at) => frames.depth[at] === frames.depth[focused]);
  return row[row.indexOf(focused) + step];
}

const callee = () => widest((at) => frames.parent[at] === focused);
const caller = () => frames.parent[focused];
const moves = {
  ArrowDown: () => focus(orientation === 'icicle' ? callee() : caller()),
  ArrowUp: () => focus(orientation === 'icicle' ? caller() : callee()),
  ArrowLeft: () => focus(beside(-1)),
  ArrowRight: () => focus(beside(1)),
  Home: () => focus(0),
  Enter: () => zoomWithFocus(focused),
  ' ': () => zoomWithFocus(focused),
};

function zoomWithFocus(at) {
  zoom(at);
  focus(at);
}

const frameOf = (event) => event.target.closest?.('[data-frame]')?.dataset.frame;

chart.addEventListener('click', (event) => {
  const at = frameOf(event);
  if (at !== undefined) zoomWithFocus(Number(at));
});
for (const name of ['pointerover', 'focusin'])
  chart.addEventListener(name, (event) => {
    const at = frameOf(event);
    if (at !== undefined) showDetails(Number(at));
  });
chart.addEventListener('pointerleave', () => showDetails(focused));
chart.addEventListener('focusin', (event) => {
  const at = frameOf(event);
  if (at !== undefined) focused = Number(at);
});
chart.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(moves, event.key)) return;
  event.preventDefault();
  moves[event.key]();
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/' && event.target !== search) {
    event.preventDefault();
    search.select();
  } else if (event.key === 'Escape') {
    if (event.target === search) {
      search.value = '';
      find();
    } else if (root !== 0) zoomWithFocus(0);
  }
});
search.addEventListener('input', find);
search.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && matched) focus(widest((at) => matched[data.name[at]]));
});
element('reset').addEventListener('click', () => zoomWithFocus(0));
element('turn').addEventListener('click', () => {
  orientation = orientation === 'icicle' ? 'flame' : 'icicle';
  draw();
  drawn.get(root).part.scrollIntoView({ block: 'nearest' });
});
new ResizeObserver(draw).observe(chart.parentElement);
// What is scrolled to must not lie under them.
const tools = element('tools');
new ResizeObserver(() => {
  document.documentElement.style.scrollPaddingTop = `${tools.offsetHeight}px`;
}).observe(tools);
draw();
showDetails(0);
if (orientation === 'flame') drawn.get(0).part.scrollIntoView({ block: 'end' });
