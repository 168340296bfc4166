export { flameTree, flameTreeDiff } from './flame-tree.ts';
export type { FlameFrame, FlameOptions, FlameTree } from './flame-tree.ts';
export { flamegraphHtml } from './html.ts';
export type { PageOptions } from './html.ts';
export { flamegraphSvg } from './svg.ts';
export type { PictureOptions } from './svg.ts';
