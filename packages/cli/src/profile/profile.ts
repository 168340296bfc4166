import { extname } from 'node:path';
import {
  callGraph,
  cleanNames,
  diff,
  formatTop,
  formatTree,
  type Profile,
  ProfileError,
  top as topOf,
} from '@millrace/pprof';
import type { CommandAction } from '../commands/index.ts';
import { say } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { harmless } from '../watch/harmless.ts';
import { fitTop, fitTree } from './fit.ts';
import { flamebearerOf, pageOf } from './graph.ts';
import type { Loaded } from './loaded.ts';
import { type ProfileOptions, textOptions, viewOptions } from './options.ts';
import { columns, jsonOf, write } from './output.ts';
import { ProfileProblem, usage } from './problem.ts';
import { reportJson, reportMarkdown } from './report.ts';
import { difference, loadOne, loadPair } from './sources.ts';

type Run = (sources: readonly string[], options: ProfileOptions, signal: AbortSignal) => Promise<void>;

/** Ends with a sentence and an exit code whatever goes wrong, and at once when it is told to. */
const command =
  (run: Run): CommandAction =>
  async (sources, options: object) => {
    const end = new AbortController();
    const onSignal = (): void => end.abort();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
    try {
      await run(sources, options as ProfileOptions, end.signal);
      return exitCode.done;
    } catch (error) {
      if (end.signal.aborted) return exitCode.failed;
      // Of a view, it is what the flags ask for that cannot be.
      if (error instanceof ProfileError) say(harmless(error.message));
      else if (error instanceof ProfileProblem) say(harmless(error.message, 2000));
      else throw error;
      return error instanceof ProfileProblem ? error.exitCode : exitCode.usage;
    } finally {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
    }
  };

/** `millrace profile top <source…>` */
export const top = command(async (sources, options, signal) => {
  const profile = single(await loadOne(sources, { options, signal }));
  checkShown([profile], options);
  await write(topText(profile, options), options);
});

/** `millrace profile diff <before> <after>` */
export const diffOf = command(async (sources, options, signal) => {
  const pair = await loadPair(sources, { options, signal });
  checkShown([pair.profile, pair.base], options);
  await write(topText(difference(pair), options), options);
});

/** `millrace profile tree <source…>` */
export const tree = command(async (sources, options, signal) => {
  const profile = single(await loadOne(sources, { options, signal }));
  checkShown([profile], options);
  const text = textOptions(options);
  if (options.json) {
    const graph = callGraph(profile, { minNodeShare: 0.005, minEdgeShare: 0.001, limit: 80, ...text });
    const nodes = graph.nodes.map(({ callers, callees, ...node }) => ({
      ...node,
      callers: callers.map(({ caller, value, inlined }) => ({ name: caller.name, value, inlined })),
      callees: callees.map(({ callee, value, inlined }) => ({ name: callee.name, value, inlined })),
    }));
    await write(jsonOf({ ...graph, nodes }), options);
    return;
  }
  const printed = cleanNames(titled(formatTree(profile, text), options), profile);
  await write(fitTree(printed, columns(options)), options);
});

/** `millrace profile report <source…>` */
export const report = command(async (sources, options, signal) => {
  const loaded = await loadOne(sources, { options, signal });
  const profile = single(loaded);
  checkShown([profile], options);
  const own = { ...loaded, profile };
  await write(options.json ? jsonOf(reportJson(own, options)) : reportMarkdown(own, options), options);
});

/** `millrace profile flamegraph <source…>`, `millrace profile flamegraph --diff <before> <after>` */
export const flamegraph = command(async (sources, options, signal) => {
  const { output, json, format = output !== undefined && extname(output) === '.svg' ? 'svg' : 'html' } = options;
  if (output === undefined && !json && process.stdout.isTTY)
    throw usage(`A terminal cannot show it: --output profile.${format}`);
  const loaded =
    options.diff === true ? await loadPair(sources, { options, signal }) : await loadOne(sources, { options, signal });
  checkShown(loaded.base ? [loaded.profile, loaded.base] : [loaded.profile], options);
  await write(json ? jsonOf(flamebearerOf(loaded, options)) : pageOf(loaded, { options, format }), options);
});

/** A comparison as a profile of differences. */
const single = ({ profile, base }: Loaded): Profile => (base ? diff(profile, base) : profile);

function topText(profile: Profile, options: ProfileOptions): string {
  const text = textOptions(options);
  if (options.json) return jsonOf(topOf(profile, text));
  return fitTop(cleanNames(titled(formatTop(profile, text), options), profile), columns(options));
}

const titled = (text: string, { title }: ProfileOptions): string => (title === undefined ? text : `${title}\n${text}`);

function checkShown(profiles: readonly Profile[], options: ProfileOptions): void {
  const view = { ...viewOptions(options), limit: 1 };
  if (profiles.some((profile) => topOf(profile, view).rows.length > 0)) return;
  const { focus, ignore, show, hide } = options;
  throw new ProfileProblem(
    (focus ?? ignore ?? show ?? hide) === undefined
      ? 'All values of the profile are 0: there is nothing to show. Another of its values: --sample-type'
      : 'The filters leave nothing of the profile.',
  );
}
