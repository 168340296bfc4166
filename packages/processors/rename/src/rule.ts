import type { AttributesTest } from './attributes.ts';
import { test } from './attributes.ts';
import type { RuleConfig } from './config.ts';
import type { Convert } from './value.ts';
import { converter } from './value.ts';

export interface Rule {
  readonly config: RuleConfig;
  readonly takesResource: AttributesTest;
  readonly takesPoint: AttributesTest;
  readonly convert: Convert | undefined;
  /** It means nothing for histograms and summaries. */
  readonly numbersOnly: boolean;
  /** It takes every point and leaves it as it is. */
  readonly isPlain: boolean;
  /** Undefined: the rule is not for this metric. */
  newName(metric: string): string | undefined;
}

export function compileRule(config: RuleConfig): Rule {
  const { metric, metric_regex: regex, to, where, scale, round, kind, aggregate, keep } = config;
  const {
    drop_attributes: drop,
    rename_attributes: rename,
    set_attributes: set,
    set_from_resource: fromResource,
  } = config;
  const expression = regex === undefined ? undefined : new RegExp(`^(?:${regex})$`);
  return {
    config,
    takesResource: test(config.resource_where),
    takesPoint: test(where),
    convert: converter(config),
    numbersOnly: (scale ?? round ?? kind ?? aggregate) !== undefined,
    isPlain: (where ?? scale ?? round ?? drop ?? rename ?? set ?? fromResource) === undefined && !keep,
    newName(name) {
      if (expression) return expression.test(name) ? name.replace(expression, to ?? '$&') : undefined;
      return name === metric ? (to ?? name) : undefined;
    },
  };
}
