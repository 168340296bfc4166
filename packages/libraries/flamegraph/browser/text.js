/** `1.5 s` of 1500000000 where the units say what a second has of them. */
export function formatValue(value, units) {
  const number = Number(value);
  let [name, factor] = units[0] ?? ['', 1];
  for (const unit of units) if (Math.abs(number) / unit[1] >= 1) [name, factor] = unit;
  const digits = (number / factor).toLocaleString('en', { maximumFractionDigits: 2 });
  return name === '' ? digits : `${digits} ${name}`;
}

export const formatShare = (value, total) =>
  `${((Number(total) ? Number(value) / Number(total) : 0) * 100).toFixed(2)}%`;

/** Of a frame everything: what, how much exactly, and what share of all. */
export function describe(at, { data, frames }) {
  const { total, baseTotal } = frames;
  const measure = (value) =>
    data.units.length > 0
      ? `${formatValue(value, data.units)} (${value.toLocaleString('en')} ${data.unit})`
      : `${value.toLocaleString('en')} ${data.unit}`;
  const own = Number(data.self[at]);
  const lines = [data.names[data.name[at]]];
  if (baseTotal) {
    const change = total[at] - baseTotal[at];
    lines.push(
      `before ${measure(baseTotal[at])}, ${formatShare(baseTotal[at], baseTotal[0])}`,
      `after ${measure(total[at])}, ${formatShare(total[at], total[0])}`,
      `${change < 0 ? '−' : '+'}${measure(change < 0 ? -change : change)}${changeShare(baseTotal[at], change)}`,
    );
  } else {
    lines.push(`${measure(total[at])}, ${formatShare(total[at], total[0])}`);
    if (own > 0 && own !== Number(total[at]))
      lines.push(`self ${formatValue(own, data.units)}, ${formatShare(own, total[0])}`);
  }
  const place = data.places[data.place[data.name[at]]];
  if (place && place !== lines[0]) lines.push(place);
  return lines;
}

const changeShare = (before, change) =>
  Number(before) === 0 ? '' : `, ${Number(change) < 0 ? '−' : '+'}${formatShare(Math.abs(Number(change)), before)}`;

/** A regular expression where the text is one, else the text itself; without regard to case. */
export function matcherOf(text) {
  const lower = text.toLowerCase();
  const includes = (name) => name.toLowerCase().includes(lower);
  try {
    const pattern = new RegExp(text, 'iu');
    return (name) => pattern.test(name) || includes(name);
  } catch {
    return includes;
  }
}
