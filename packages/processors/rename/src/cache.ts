import type { Attributes, MetricData, MetricDescriptor, Resource } from '@millrace/core';
import { attributesKey } from '@millrace/core';
import { pick } from './attributes.ts';
import type { RenameConfig } from './config.ts';
import type { Plan, Target } from './plan.ts';
import { isSameType, planMetric, typeKey } from './plan.ts';
import { createResourceMap } from './resource.ts';
import type { Rule } from './rule.ts';
import type { Slot } from './slot.ts';
import { createSlot } from './slot.ts';

/** What has been decided about one metric, whichever batch it comes in. */
export interface Decision {
  /** A metric that this was decided about: others may have the same descriptor and another type. */
  readonly metric: MetricData;
  readonly plan: Plan;
  /** Where the point with these attributes goes, which is at this place in its metric. */
  targets(attributes: Attributes, place: number): readonly Target[];
}

/** Metrics mostly list their points in one order: so many places remember what was there last. */
const placesKept = 8192;

/** Decisions by the identity of what they are about, and by its content where a decoder makes new objects for each batch. */
export interface Cache {
  /** For the metrics of one resource. */
  decisions(resource: Attributes): (metric: MetricData) => Decision;
  /** What becomes of a resource. */
  resource(resource: Resource): Resource;
  /** One object for equal attributes: the first that was seen. */
  canonical(attributes: Attributes): Attributes;
  /** How many texts it holds. */
  readonly size: number;
}

export function createCache(rules: readonly Rule[], config: RenameConfig): Cache {
  const decidersByRules = new Map<string, (metric: MetricData) => Decision>();
  const decidersByResource = new WeakMap<Attributes, (metric: MetricData) => Decision>();
  const canonicalByIdentity = new WeakMap<Attributes, Attributes>();
  const canonicalByContent = new Map<string, Attributes>();
  const slots = new Map<string, Slot>();
  let decisions = 0;

  function slotOf(name: string): Slot {
    let slot = slots.get(name);
    if (!slot) slots.set(name, (slot = createSlot(name)));
    return slot;
  }

  function canonical(attributes: Attributes): Attributes {
    let first = canonicalByIdentity.get(attributes);
    if (!first) {
      const key = attributesKey(attributes);
      first = canonicalByContent.get(key) ?? attributes;
      canonicalByContent.set(key, first);
      canonicalByIdentity.set(attributes, first);
    }
    return first;
  }

  function decide(metric: MetricData, some: readonly Rule[], resource: Attributes): Decision {
    const plan = planMetric(metric, some, { config, resource, slot: slotOf });
    const known = new WeakMap<Attributes, readonly Target[]>();
    const places: { readonly attributes: Attributes; readonly targets: readonly Target[] }[] = [];

    function lookUp(attributes: Attributes): readonly Target[] {
      const first = canonical(attributes);
      let targets = known.get(first);
      if (!targets) {
        targets =
          plan.action === 'route'
            ? plan.targets(first).map((target) => ({ ...target, attributes: canonical(target.attributes) }))
            : [];
        known.set(first, targets);
      }
      return targets;
    }

    decisions++;
    return {
      metric: { ...metric, dataPoints: [] },
      plan,
      targets(attributes, place) {
        const last = places[place];
        if (last && areSame(last.attributes, attributes)) return last.targets;
        const targets = lookUp(attributes);
        if (place < placesKept) places[place] = { attributes: canonical(attributes), targets };
        return targets;
      },
    };
  }

  function createDecider(some: readonly Rule[], resource: Attributes): (metric: MetricData) => Decision {
    const byDescriptor = new WeakMap<MetricDescriptor, Decision>();
    const byContent = new Map<string, Decision>();
    return (metric) => {
      const { descriptor } = metric;
      const known = byDescriptor.get(descriptor);
      if (known && isSameType(known.metric, metric)) return known;
      const { name, unit, description, valueType } = descriptor;
      const content = JSON.stringify([name, unit, description, valueType, typeKey(metric)]);
      let decision = byContent.get(content);
      if (!decision) byContent.set(content, (decision = decide(metric, some, resource)));
      byDescriptor.set(descriptor, decision);
      return decision;
    };
  }

  return {
    canonical,
    resource: createResourceMap(config.resource_attributes, canonical),
    get size() {
      return canonicalByContent.size + decisions;
    },
    decisions(resource) {
      let decider = decidersByResource.get(resource);
      if (!decider) {
        const some = rules.filter((rule) => rule.takesResource(resource));
        // Resources for which the same rules do the same share what was decided.
        const key = some
          .map((rule) => `${rules.indexOf(rule)} ${attributesKey(pick(resource, rule.config.set_from_resource))}`)
          .join();
        decider = decidersByRules.get(key) ?? createDecider(some, resource);
        decidersByRules.set(key, decider);
        decidersByResource.set(resource, decider);
      }
      return decider;
    },
  };
}

/** Whether both are the same texts, numbers and truth values: cheaper than a text of each. */
function areSame(a: Attributes, b: Attributes): boolean {
  if (a === b) return true;
  let names = 0;
  for (const name in b) {
    const value = b[name];
    if (value === undefined || value !== a[name]) return false;
    names++;
  }
  for (const _ in a) names--;
  return names === 0;
}
