import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decode, fromStacks, type Profile, scaleValue, top } from '@millrace/pprof';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  flamegraphHtml,
  flamegraphSvg,
  type FlameFrame,
  type FlameTree,
  flameTree,
  flameTreeDiff,
  type PageOptions,
} from './index.ts';

const executablePath = '/usr/bin/chromium';
const hasBrowser = existsSync(executablePath);
if (!hasBrowser)
  console.warn(`Skipped: flame graphs are not opened in a browser, because there is no ${executablePath}.`);

const read = (name: string): Profile => decode(readFileSync(join(import.meta.dirname, '../../pprof/testdata', name)));
const folder = mkdtempSync(join(tmpdir(), 'millrace-flamegraph-'));
let browser: Browser;

beforeAll(async () => {
  if (!hasBrowser) return;
  const { chromium } = await import('playwright-core');
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function open(text: string, { name = 'page.html', ...options }: BrowserContextOptions & { name?: string } = {}) {
  writeFileSync(join(folder, name), text);
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(join(folder, name)).href);
  onTestFinished(async () => {
    await context.close();
    expect(problems).toEqual([]);
    expect(requests).toHaveLength(1);
  });
  return page;
}

const openTree = (tree: FlameTree, options: PageOptions & { page?: BrowserContextOptions } = {}): Promise<Page> =>
  open(flamegraphHtml(tree, options), options.page);

const frame = (page: Page, name: string): Locator =>
  page
    .locator('.frame[role=treeitem]')
    .filter({ has: page.locator('xpath=self::*'), hasText: new RegExp(`^${name.replace(/[.*()[\]]/g, '\\$&')}$`) });
const widthOf = async (locator: Locator): Promise<number> => (await locator.boundingBox())!.width;

const example = fromStacks(
  [
    { frames: ['main', 'parse', 'read'], values: [5e9] },
    { frames: ['main', 'parse'], values: [1e9] },
    { frames: ['main', 'write', 'flush'], values: [2e9] },
  ],
  { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] },
);

describe.skipIf(!hasBrowser)('in a browser', { timeout: 60_000 }, () => {
  it('draws each frame as wide as its share, with exact values', async () => {
    const page = await openTree(flameTree(example), { title: 'cpu of app', notes: ['30 s'] });
    expect(await page.locator('h1').textContent()).toBe('cpu of app');
    expect(await page.locator('.frame').count()).toBe(6);
    const all = await widthOf(frame(page, 'all'));
    expect((await widthOf(frame(page, 'parse'))) / all).toBeCloseTo(0.75, 2);
    expect((await widthOf(frame(page, 'flush'))) / all).toBeCloseTo(0.25, 2);
    const [parse, readFrame] = [await frame(page, 'parse').boundingBox(), await frame(page, 'read').boundingBox()];
    expect(readFrame!.x).toBeCloseTo(parse!.x, 0);
    expect(readFrame!.y).toBeGreaterThan(parse!.y);
    expect(await frame(page, 'parse').getAttribute('title')).toBe(
      'parse\n6 s (6,000,000,000 nanoseconds), 75.00%\nself 1 s, 12.50%',
    );
    await frame(page, 'flush').hover();
    expect(await page.locator('#details').textContent()).toBe('flush · 2 s (2,000,000,000 nanoseconds), 25.00%');
  });

  it.each(['go-cpu.pb.gz', 'node-wall.pb.gz', 'python-cpu.pb.gz', 'rust-cpu.pb'])(
    'shows of %s what the table says',
    async (name) => {
      const profile = read(name);
      const page = await openTree(flameTree(profile));
      const { total, sampleType } = top(profile);
      const seconds = scaleValue(total, sampleType.unit, 's');
      const title = (await frame(page, 'all').getAttribute('title'))!;
      expect(title).toContain(total.toLocaleString('en'));
      if (seconds.unit === 's') expect(title).toMatch(/^all\n[\d.]+ m?s \(/);
      expect(await page.locator('.frame').count()).toBeGreaterThan(15);
    },
  );

  it('zooms by a click, dims what lies below, and resets', async () => {
    const page = await openTree(flameTree(example));
    const all = await widthOf(frame(page, 'all'));
    await frame(page, 'write').click();
    expect(await widthOf(frame(page, 'write'))).toBeCloseTo(all, 0);
    expect(await widthOf(frame(page, 'flush'))).toBeCloseTo(all, 0);
    expect(await frame(page, 'parse').count()).toBe(0);
    for (const [name, isDim] of [
      ['main', true],
      ['all', true],
      ['write', false],
    ] as const)
      expect([name, await frame(page, name).evaluate((part) => part.classList.contains('ancestor'))]).toEqual([
        name,
        isDim,
      ]);
    await frame(page, 'main').click();
    expect(await frame(page, 'parse').count()).toBe(1);
    await page.locator('#reset').click();
    expect(await page.locator('#details').textContent()).toMatch(/^all · 8 s /);
    expect(await page.locator('.ancestor').count()).toBe(0);
    expect(await page.locator('#reset').isDisabled()).toBe(true);
  });

  it('finds names, and counts what lies on a match once', async () => {
    const page = await openTree(flameTree(example));
    const matched = page.locator('#matched');
    await page.fill('#search', 'PARSE|read');
    expect(await matched.textContent()).toBe('Matched: 75.00%, 6 s');
    expect(await page.locator('.match').allTextContents()).toEqual(['parse', 'read']);
    await page.fill('#search', '^fl');
    expect(await matched.textContent()).toBe('Matched: 25.00%, 2 s');
    await frame(page, 'write').click();
    expect(await matched.textContent()).toBe('Matched: 100.00%, 2 s');
    await page.fill('#search', '(*');
    expect(await matched.textContent()).toBe('Matched: 0.00%, 0 ns');
    await page.fill('#search', '');
    expect(await matched.textContent()).toBe('');
  });

  it('works without a mouse', async () => {
    const page = await openTree(flameTree(example));
    const focused = (): Promise<string | null | undefined> => page.evaluate('document.activeElement.textContent');
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('/');
    expect(await page.evaluate('document.activeElement.id')).toBe('search');
    await press('w', 'r', 'Enter');
    expect(await focused()).toBe('write');
    expect(await page.locator('#details').textContent()).toContain('write · 2 s');
    await press('ArrowLeft');
    expect(await focused()).toBe('parse');
    await press('ArrowDown');
    expect(await focused()).toBe('read');
    await press('ArrowUp', 'Enter');
    expect(await focused()).toBe('parse');
    expect(await frame(page, 'write').count()).toBe(0);
    await press('Escape');
    expect(await frame(page, 'write').count()).toBe(1);
    expect(await focused()).toBe('all');
    // One stop for all frames.
    await press('Tab');
    expect(await page.evaluate('document.activeElement.closest("#chart") === null')).toBe(true);
    expect(await page.locator('.frame[tabindex="0"]').count()).toBe(1);
  });

  it('goes on with the keyboard after a click', async () => {
    const page = await openTree(flameTree(example));
    await frame(page, 'write').click();
    await page.keyboard.press('ArrowUp');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('main');
  });

  it('hides no frame behind its tools, and only these stay in view', async () => {
    const deep = fromStacks([{ frames: Array.from({ length: 300 }, (_, at) => `f${at}`), values: [1] }], {
      sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
    });
    const notes = Array.from({ length: 60 }, (_, at) => `note ${at}`);
    const page = await openTree(flameTree(deep), { notes });
    await page.locator('#search').fill('f200');
    await page.keyboard.press('Enter');
    for (let step = 0; step < 60; step++) await page.keyboard.press('ArrowUp');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('f140');
    const focused = (await frame(page, 'f140').boundingBox())!;
    const tools = (await page.locator('#tools').boundingBox())!;
    expect(focused.y).toBeGreaterThanOrEqual(tools.y + tools.height);
    expect(tools.height).toBeLessThan(150);
  });

  it('fits on paper, with its colours', async () => {
    const page = await openTree(flameTree(example));
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 600, height: 800 });
    const [chart, flush] = [(await page.locator('#chart').boundingBox())!, (await frame(page, 'flush').boundingBox())!];
    expect(flush.x + flush.width).toBeLessThanOrEqual(chart.x + chart.width + 1);
    expect(await page.locator('#tools').isVisible()).toBe(false);
    const adjust = `getComputedStyle(document.querySelector('.frame')).getPropertyValue('print-color-adjust')`;
    expect(await page.evaluate(adjust)).toBe('exact');
    const chartWidth = `document.querySelector('[data-frame="0"]').style.width`;
    expect(await page.evaluate(chartWidth)).toMatch(/%$/);
  });

  it('shows names that would read as others, or never end, as they are', async () => {
    const long = 'x'.repeat(1 << 20);
    const names = ['\u202egnp.exe', 'a\nb\u001b[31m', long];
    const stacks = names.map((name) => ({ frames: ['main', name], values: [1] }));
    const text = flamegraphHtml(flameTree(fromStacks(stacks, { sampleTypes: [{ type: 'n', unit: 'count' }] })));
    expect(text.length).toBeLessThan(100_000);
    const page = await open(text);
    const shown = await page.locator('.frame').allTextContents();
    expect(shown.slice(2)).toEqual(['a\ufffdb\ufffd[31m', `${'x'.repeat(1999)}…`, '\ufffdgnp.exe']);
  });

  it('may stand on its root', async () => {
    const page = await openTree(flameTree(example), { orientation: 'flame' });
    const y = async (name: string): Promise<number> => (await frame(page, name).boundingBox())!.y;
    expect(await y('read')).toBeLessThan(await y('main'));
    await frame(page, 'main').focus();
    await page.keyboard.press('ArrowUp');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('parse');
    await page.locator('#turn').click();
    expect(await y('read')).toBeGreaterThan(await y('main'));
  });

  it('shows what has changed', async () => {
    const later = fromStacks(
      [
        { frames: ['main', 'parse', 'read'], values: [1e9] },
        { frames: ['main', 'new'], values: [4e9] },
      ],
      { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] },
    );
    const page = await openTree(flameTreeDiff(example, later));
    const red = async (name: string): Promise<number[]> => {
      const at = await frame(page, name).getAttribute('data-frame');
      const part = `document.querySelector('[data-frame="${at}"]')`;
      return page.evaluate(`getComputedStyle(${part}).backgroundColor.match(/\\d+/g).map(Number)`);
    };
    const [grown, gone] = [await red('new'), await red('write')];
    expect(grown[0]! - grown[2]!).toBeGreaterThan(50);
    expect(gone[2]! - gone[0]!).toBeGreaterThan(50);
    expect(await frame(page, 'parse').getAttribute('title')).toBe(
      'parse\nbefore 6 s (6,000,000,000 nanoseconds), 75.00%\nafter 1 s (1,000,000,000 nanoseconds), 20.00%\n−5 s (5,000,000,000 nanoseconds), −83.33%',
    );
    await page.fill('#search', 'parse');
    expect(await page.locator('#matched').textContent()).toBe('Matched: before 75.00%, 6 s; after 20.00%, 1 s');
  });

  it('runs nothing that names say', async () => {
    const evil = '</script><img src=x onerror="document.title=1"><script>document.title=2</script>';
    const tree = flameTree(
      fromStacks([{ frames: [evil, '<b>bold</b>', '\u202eright'], values: [1] }], {
        sampleTypes: [{ type: 'x', unit: evil }],
      }),
    );
    const page = await openTree(tree, { title: `a ${evil}` });
    expect(await page.title()).toBe(`a ${evil}`);
    expect(await page.locator('img, b').count()).toBe(0);
    expect(await page.locator('.frame').nth(1).textContent()).toBe(evil);
    const svg = await open(flamegraphSvg(tree, { title: evil }), { name: 'evil.svg' });
    expect(await svg.evaluate('document.querySelectorAll("img, b, script").length')).toBe(0);
  });

  it('is exact beyond 2^53', async () => {
    const values = [9007199254740993n, 9007199254740993n];
    const own = values.map((value, at) => ({ frames: ['main', `f${at}`], values: [value] }));
    const page = await openTree(flameTree(fromStacks(own, { sampleTypes: [{ type: 'n', unit: 'count' }] })));
    expect(await frame(page, 'main').getAttribute('title')).toBe('main\n18,014,398,509,481,986 count, 100.00%');
  });

  it('folds 200,000 frames to what can be seen, says so, and shows them where one zooms in', async () => {
    const frames: FlameFrame[] = [
      { name: 'all', place: '', depth: 0, self: 0 },
      { name: 'main', place: 'main', depth: 1, self: 0 },
    ];
    for (let group = 0; group < 50; group++) {
      frames.push({ name: `group ${group}`, place: 'main', depth: 2, self: 0 });
      for (let at = 0; at < 2000; at++) {
        frames.push({ name: `function ${group} ${at}`, place: `package ${at % 9}`, depth: 3, self: 0 });
        frames.push({ name: `leaf ${group} ${at}`, place: 'leaf', depth: 4, self: 1 + (at % 7) });
      }
    }
    const text = flamegraphHtml({ sampleType: { type: 'cpu', unit: 'nanoseconds' }, frames, negative: 0 });
    const started = performance.now();
    const page = await open(text);
    expect(performance.now() - started).toBeLessThan(25_000);
    const counts = page.locator('#counts');
    expect(await counts.textContent()).toBe(
      '52 of 200,052 frames; 200,000 are narrower than half a pixel: zoom in to see them',
    );
    await page.locator('.rest').last().hover();
    expect(await page.locator('.rest').last().getAttribute('title')).toContain(
      'frames, each narrower than half a pixel',
    );
    await frame(page, 'group 7').click();
    expect(await counts.textContent()).toMatch(/^\d,\d{3} of 200,052 frames/);
    expect(await page.locator('.frame').count()).toBeGreaterThan(500);
  });

  it('has colours that can be read in light and in dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await openTree(flameTree(read('go-cpu.pb.gz')), { page: { colorScheme } });
      const contrast = (await page.evaluate(lowestContrast)) as number;
      expect([colorScheme, contrast > 4.5]).toEqual([colorScheme, true]);
    }
  });
});

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio of all frames; runs in the page. */
const lowestContrast = `(() => {
  const luminance = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  return Math.min(...[...document.querySelectorAll('.frame')].map((part) => {
    const { color, backgroundColor } = getComputedStyle(part);
    const [lower, higher] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
    return (higher + 0.05) / (lower + 0.05);
  }));
})()`;
