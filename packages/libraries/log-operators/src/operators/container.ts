import type { AnyValue, Attributes } from '@millrace/core';
import type { Entry } from '../entry.ts';
import { isMap } from '../entry.ts';
import { parseField } from '../field.ts';
import { entryError, OperatorProblem } from '../problem.ts';
import { compileDate } from '../time/timestamp.ts';
import { joiner } from './joiner.ts';
import { parseJson } from './json.ts';
import type { OperatorType } from './operator.ts';
import { compileAfterwards, textAt } from './parser.ts';

const formats = ['docker', 'crio', 'containerd'];
const mebibyte = 1024 * 1024;
/** A part whose rest does not come: its writer died in the middle of the line. */
const waitMs = 5_000;

/** https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md */
const cri = /^(\d{4}-\S+) (stdout|stderr) ([^ ]*) ?([^]*)$/;

/** What container engines write: Docker's json-file, and CRI. Lines that were written in parts are joined again. */
export const container: OperatorType = {
  keys: ['parse_from', 'parse_to', 'format', 'add_metadata_from_filepath', 'max_log_size', 'severity'],
  compile(config, host) {
    const { format, max_log_size: maxLogSize = mebibyte, add_metadata_from_filepath: addsMetadata = true } = config;
    if (format !== undefined && !formats.includes(format))
      throw new OperatorProblem(`must be one of ${formats.join(', ')}; without it, each line is looked at`, 'format');
    const from = parseField(config.parse_from ?? 'body', 'parse_from');
    const to = parseField(config.parse_to ?? 'attributes', 'parse_to');
    if (to.root !== 'attributes' || to.keys.length > 0) throw new OperatorProblem('can only be attributes', 'parse_to');
    const time = compileDate({ layout_type: 'gotime', layout: '2006-01-02T15:04:05.999999999Z07:00' }, host.now);
    const afterwards = compileAfterwards(config, host);
    const metadata = addsMetadata ? podMetadata() : undefined;

    /** Whether the line goes on in the next entry. */
    function parse(entry: Entry): 'part' | 'end' {
      const text = textAt(entry, from);
      const isDocker = format === undefined ? text.startsWith('{') : format === 'docker';
      return isDocker ? parseDocker(entry, text) : parseCri(entry, text);
    }

    function parseDocker(entry: Entry, text: string): 'part' | 'end' {
      const value = parseJson(text);
      const { log, stream, time: written, attrs } = isMap(value) ? value : {};
      if (typeof log !== 'string') throw entryError('is not a line of the json-file logging driver');
      if (typeof written === 'string') entry.time = time(written);
      if (typeof stream === 'string') entry.attributes['log.iostream'] = stream;
      if (isMap(attrs)) Object.assign(entry.attributes, attrs as Record<string, AnyValue>);
      const isWhole = log.endsWith('\n');
      entry.body = isWhole ? log.replace(/\r?\n$/, '') : log;
      return isWhole ? 'end' : 'part';
    }

    function parseCri(entry: Entry, text: string): 'part' | 'end' {
      const match = cri.exec(text);
      if (!match) throw entryError('is neither a line of CRI nor of the json-file logging driver');
      const [, written, stream, tag, message] = match;
      entry.time = time(written!);
      entry.attributes['log.iostream'] = stream!;
      entry.attributes['logtag'] = tag!;
      entry.body = message!;
      return tag!.split(':', 1)[0] === 'P' ? 'part' : 'end';
    }

    return () => {
      const waiting = joiner(
        { read: (entry) => String(entry.body), write: (entry, text) => void (entry.body = text) },
        { separator: '', keeps: 'newest', maxBytes: maxLogSize, maxEntries: Infinity, waitMs },
      );
      return {
        process(entry, emit) {
          const state = parse(entry);
          afterwards(entry);
          metadata?.(entry);
          const stream = String(entry.attributes['log.iostream']);
          waiting.add(stream, entry, host.now());
          if (state === 'end' || waiting.isFull(stream)) waiting.release(stream, emit);
        },
        flush: waiting.flush,
        held: waiting.held,
      };
    };
  },
};

const podPath = /\/([^/_]+)_([^/_]+)_([a-f0-9-]+)\/([^/]+)\/(\d+)\.log(?:\.[^/]*)?$/;

/** The directory of a pod's logs is its namespace, name and uid; the file's name the restart count of the container. */
function podMetadata(): (entry: Entry) => void {
  const byPath = new Map<string, { readonly of: Attributes; readonly resource: Attributes }>();
  return (entry) => {
    const path = entry.attributes['log.file.path'];
    if (typeof path !== 'string') return;
    let known = byPath.get(path);
    if (!known || known.of !== entry.resource) {
      if (byPath.size >= 10_000) byPath.clear();
      known = { of: entry.resource, resource: withPod(entry.resource, path) };
      byPath.set(path, known);
    }
    entry.resource = known.resource;
  };
}

function withPod(resource: Attributes, path: string): Attributes {
  const match = podPath.exec(path);
  if (!match) return resource;
  const [, namespace, pod, uid, name, restarts] = match;
  return {
    ...resource,
    'k8s.namespace.name': namespace,
    'k8s.pod.name': pod,
    'k8s.pod.uid': uid,
    'k8s.container.name': name,
    'k8s.container.restart_count': restarts,
  };
}
