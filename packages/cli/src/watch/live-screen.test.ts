import { expect, it } from 'vitest';
import { cells } from '../screen.ts';
import { redraw } from './live-screen.ts';
import { picture } from './picture.ts';

it('draws only the lines that differ', () => {
  expect(redraw([], ['a', 'b'])).toBe('\x1b[1;1Ha\x1b[0m\x1b[K\x1b[2;1Hb\x1b[0m\x1b[K');
  expect(redraw(['a', 'b', 'c'], ['a', 'x', 'c'])).toBe('\x1b[2;1Hx\x1b[0m\x1b[K');
  expect(redraw(['a', 'b'], ['a'])).toBe('\x1b[2;1H\x1b[0m\x1b[K');
  expect(redraw(['a'], ['a'])).toBe('');
});

const content = {
  endpoint: 'http://localhost:4000',
  body: ['1', '2', '3', '4', '5', '6'],
  notices: [],
  status: 'connected',
};
const size = { width: 70, height: 5, color: false, top: 0 };

it('has as many lines as the terminal, the last for the connection', () => {
  expect(picture(content, size).lines).toMatchInlineSnapshot(`
    [
      "1",
      "2",
      "3",
      "4",
      " connected  http://localhost:4000  lines 1–4 of 6, ↑ ↓ scroll, q ends ",
    ]
  `);
  expect(picture({ ...content, body: ['1'] }, size).lines).toMatchInlineSnapshot(`
    [
      "1",
      "",
      "",
      "",
      " connected  http://localhost:4000                              q ends ",
    ]
  `);
});

it('scrolls no further than to the end', () => {
  const { lines, top } = picture(content, { ...size, top: Infinity });
  expect(top).toBe(2);
  expect(lines.slice(0, 4)).toEqual(['3', '4', '5', '6']);
});

it('puts what is to be noticed above the last line, whole', () => {
  const notices = ['Nothing listens at localhost:4000. Is the collector with the report_cache extension running?'];
  expect(picture({ ...content, notices }, { ...size, width: 60, color: true }).lines).toMatchInlineSnapshot(`
    [
      "1",
      "2",
      "[31mNothing listens at localhost:4000. Is the collector with the[0m",
      "[31mreport_cache extension running?[0m",
      "[7m connected  http://loca… lines 1–2 of 6, ↑ ↓ scroll, q ends [0m",
    ]
  `);
});

it.each([1, 2, 3, 20])('fits into a terminal of %i lines, however narrow', (height) => {
  for (const width of [10, 24, 40, 200]) {
    const { lines } = picture({ ...content, notices: ['a problem'] }, { ...size, height, width });
    expect(lines.length).toBe(height);
    if (width > 40) expect(Math.max(...lines.map(cells))).toBe(width);
  }
});
