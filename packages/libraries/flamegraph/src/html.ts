import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { colorRules } from './color.ts';
import { escapeJson, escapeMarkup } from './escape.ts';
import type { FlameTree } from './flame-tree.ts';
import { legend } from './legend.ts';
import { pageData } from './page-data.ts';

export interface PageOptions {
  /** The heading. */
  readonly title?: string;
  /** Lines below the heading. */
  readonly notes?: readonly string[];
  /** Callers above what they call, or below it. `icicle` by default. */
  readonly orientation?: 'icicle' | 'flame';
  /** Of all values, as `ms`; `auto`, the default: each has the one that suits it. */
  readonly unit?: string;
}

/**
 * One page with everything in it, for any browser: zoom, search, keyboard. It loads nothing, and its own Content Security
 * Policy lets nothing run but its script.
 */
export function flamegraphHtml(tree: FlameTree, options: PageOptions = {}): string {
  const { title = 'Flame graph', notes = [], orientation = 'icicle', unit } = options;
  const data = pageData(tree, { orientation, unit });
  const style = `${read('page.css')}${colorRules('background-color', new Set([...data.colors, 'rest']))}\n`;
  const policy = [
    "default-src 'none'",
    `style-src ${sourceOf(style)}`,
    `script-src ${sourceOf(script)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(title)}</h1>
${[...notes, ...(data.change ? legend : [])].map((note) => `<p>${escapeMarkup(note)}</p>\n`).join('')}</header>
<div id="tools">
<div class="bar" role="search">
<input id="search" type="search" placeholder="Search (regular expression)" aria-label="Search" autocomplete="off" spellcheck="false">
<output id="matched" for="search"></output>
<button id="reset" type="button">Reset zoom</button>
<button id="turn" type="button">Flip</button>
<output id="counts"></output>
</div>
<output id="details" aria-live="polite"></output>
</div>
<main>
<div id="chart" role="tree" aria-label="Flame graph. Arrow keys move, Enter zooms, Escape resets, / searches."></div>
<noscript><p>This page needs JavaScript. An SVG picture of the same does without.</p></noscript>
</main>
<script type="application/json" id="data">${escapeJson(data)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

const read = (name: string): string => readFileSync(new URL(`../browser/${name}`, import.meta.url), 'utf8');

/** The modules of the page as one: in an order in which none needs a later one. */
const script = ['frames.js', 'text.js', 'main.js']
  .map(read)
  .join('\n')
  .replace(/^import .*\n/gm, '')
  .replace(/^export /gm, '');

/** https://www.w3.org/TR/CSP3/#external-hash */
const sourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
