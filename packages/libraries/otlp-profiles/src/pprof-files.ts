import type { AnyValue, Attributes, Resource, Scope } from '@millrace/core';
import { ProfileError } from '@millrace/pprof';
import type { Budget, Limits } from './budget.ts';
import { createBudget, limitsOf } from './budget.ts';
import { Cursor } from './cursor.ts';
import type { Dictionary } from './decode-dictionary.ts';
import { readDictionary } from './decode-dictionary.ts';
import { readProfile } from './decode-profile.ts';
import { readResource, readScope } from './decode-resource.ts';
import { requestTag, resourceProfilesTag, scopeProfilesTag } from './fields.ts';
import type { Grouped, Placed } from './group.ts';
import { grouped, orderOf } from './group.ts';
import { headerOf, scopeWithoutHeader, withoutHeader } from './header.ts';
import type { LabelsOf, LinkLabels } from './labels.ts';
import { labelsOf } from './labels.ts';
import { createReach } from './reached.ts';
import { writePprof } from './write-pprof.ts';

export interface PprofFile {
  readonly resource: Resource;
  readonly scope: Scope;
  /** Of the profile, without those that say what a field of pprof does. */
  readonly attributes: Attributes;
  /** Not compressed. */
  readonly pprof: Uint8Array;
}

export interface PprofOptions extends Limits {
  /** Which labels a link becomes: `trace_id` and `span_id`, the default, or only `span_id`. */
  readonly links?: LinkLabels;
}

/** Each costs some memory, however small it is. */
const maxProfiles = 65_536;

/** As `decodeProfiles`, each profile as the bytes of a pprof file. */
export function pprofFiles(request: Uint8Array, options: PprofOptions = {}): readonly PprofFile[] {
  const cursor = new Cursor(request);
  const allowed = limitsOf(options);
  const { resources, dictionaries } = placesOf(cursor);
  const dictionary = readDictionary(cursor, dictionaries, allowed.maxEntries);
  const labels = labelsOf(dictionary, options.links ?? 'trace_and_span');
  const reader: Reader = {
    cursor,
    dictionary,
    labels,
    hasDictionary: dictionaries.length > 0,
    budget: createBudget(dictionary, labels, allowed),
    groups: [],
    count: 0,
  };
  for (const at of resources) {
    cursor.at = at;
    readResourceProfiles(reader);
  }
  return write(reader);
}

/** What is read of a request. */
interface Reader {
  readonly cursor: Cursor;
  readonly dictionary: Dictionary;
  readonly hasDictionary: boolean;
  readonly labels: LabelsOf;
  readonly budget: Budget;
  readonly groups: Group[];
  /** Of OTLP profiles. */
  count: number;
}

interface Group extends Grouped {
  readonly resource: Resource;
  readonly scope: Scope;
}

/** Where the messages of the request stand: the dictionary comes last, mostly, but must be read first. */
function placesOf(cursor: Cursor): { readonly resources: readonly number[]; readonly dictionaries: readonly number[] } {
  const resources: number[] = [];
  const dictionaries: number[] = [];
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === requestTag.resourceProfiles) resources.push(cursor.at);
    else if (tag === requestTag.dictionary) dictionaries.push(cursor.at);
    else {
      cursor.skip(tag, requestTag);
      continue;
    }
    cursor.slice();
  }
  return { resources, dictionaries };
}

function readResourceProfiles(reader: Reader): void {
  const { cursor, dictionary } = reader;
  let resource: Resource = { attributes: {} };
  const scopes: number[] = [];
  let schemaUrl = '';
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === resourceProfilesTag.resource) resource = readResource(cursor, textOf(dictionary));
    else if (tag === resourceProfilesTag.scopeProfiles) {
      scopes.push(cursor.at);
      cursor.slice();
    } else if (tag === resourceProfilesTag.schemaUrl) schemaUrl = cursor.text();
    else cursor.skip(tag, resourceProfilesTag);
  if (schemaUrl !== '') resource = { ...resource, schemaUrl };
  const { at } = cursor;
  for (const scope of scopes) {
    cursor.at = scope;
    readScopeProfiles(reader, resource);
  }
  cursor.at = at;
  cursor.leave(outer);
}

/** Of texts that attributes refer to. */
const textOf =
  ({ strings }: Dictionary) =>
  (index: number): string => {
    if (index >= strings.length && index !== 0)
      throw new ProfileError(
        `An attribute refers to string ${index}, but the dictionary has ${strings.length} of them.`,
      );
    return strings[index] ?? '';
  };

function readScopeProfiles(reader: Reader, resource: Resource): void {
  const { cursor, dictionary } = reader;
  let scope: Scope = { name: '' };
  let schemaUrl = '';
  const profiles: Omit<Placed, 'order'>[] = [];
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === scopeProfilesTag.scope) scope = readScope(cursor, textOf(dictionary));
    else if (tag === scopeProfilesTag.profiles) {
      if (++reader.count > maxProfiles) throw new ProfileError(`The request has more than ${maxProfiles} profiles.`);
      const where = `profile ${reader.count - 1} of the request`;
      const profile = readProfile(cursor, dictionary, where);
      if (!reader.hasDictionary && profile.samples.values.length > 0)
        throw new ProfileError(`${where} has samples, but the request has no dictionary.`);
      profiles.push({ profile, where });
    } else if (tag === scopeProfilesTag.schemaUrl) schemaUrl = cursor.text();
    else cursor.skip(tag, scopeProfilesTag);
  cursor.leave(outer);
  if (schemaUrl !== '') scope = { ...scope, schemaUrl };
  const order = orderOf(scope, profiles.length);
  for (const group of grouped(profiles.map((one, index) => ({ ...one, order: order[index] ?? index }))))
    reader.groups.push({ resource, scope, ...group });
}

function write({ dictionary, labels, budget, groups }: Reader): readonly PprofFile[] {
  const reach = createReach(dictionary);
  return groups.map(({ resource, scope, profiles, where }) => {
    const [first] = profiles;
    budget.takeSamples(first, where);
    const attributes = attributesOf(dictionary, first.attributes);
    // Of the only profile are all mappings: the first is the program itself, even if no sample was in it.
    const reached = reach(first.samples.stacks.values(), { mappings: groups.length === 1 ? 'all' : 'used' });
    const header = headerOf(attributes, scope);
    const pprof = writePprof({ dictionary, labels, profiles, header, reached });
    budget.takeBytes(pprof.length);
    return { resource, scope: scopeWithoutHeader(scope), attributes: withoutHeader(attributes), pprof };
  });
}

function attributesOf({ attributes, strings }: Dictionary, indices: readonly number[]): Attributes {
  const found = new Map<string, AnyValue>();
  for (const index of indices) {
    if (index === 0) continue;
    const { key, value } = attributes[index]!;
    const name = strings[key] ?? '';
    if (!found.has(name)) found.set(name, value);
  }
  return Object.fromEntries(found);
}
