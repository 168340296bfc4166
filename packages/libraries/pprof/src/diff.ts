import { Int64List, Uint32List } from './growable.ts';
import { merge } from './merge.ts';
import type { Profile } from './profile.ts';
import { scale } from './scale.ts';
import { Strings } from './strings.ts';
import { baseLabel } from './view.ts';

/**
 * How `profile` differs from `base`, for looking at: samples of the base are negative and have the label
 * `pprof::base=true`, and views show shares of the base. As go tool pprof -diff_base.
 */
export const diff = (profile: Profile, base: Profile): Profile => merge([profile, scale(labelled(base), -1)]);

/**
 * What has come since `base`, an earlier profile of the same process, when the profiles count from its start. Samples that
 * have not changed are gone. As go tool pprof -base.
 */
export const subtract = (profile: Profile, base: Profile): Profile => merge([profile, scale(base, -1)]);

/** Every sample with the label of the base, instead of one of the same key. */
function labelled(profile: Profile): Profile {
  const { samples, labels, strings } = profile;
  const texts = Array.from({ length: strings.count }, (_, index) => strings.at(index));
  const baseKey = texts.push(baseLabel.key) - 1;
  const baseText = texts.push(baseLabel.text) - 1;
  const [key, text, number, unit] = [new Uint32List(), new Uint32List(), new Int64List(), new Uint32List()];
  const labelStart = new Uint32Array(samples.count);
  const labelEnd = new Uint32Array(samples.count);
  for (let sample = 0; sample < samples.count; sample++) {
    labelStart[sample] = key.length;
    for (let at = samples.labelStart[sample]!; at < samples.labelEnd[sample]!; at++) {
      if (texts[labels.key[at]!] === baseLabel.key && labels.text[at] !== 0) continue;
      key.push(labels.key[at]!);
      text.push(labels.text[at]!);
      number.pushFrom(labels.number, at);
      unit.push(labels.unit[at]!);
    }
    key.push(baseKey);
    text.push(baseText);
    number.push(0, 0);
    unit.push(0);
    labelEnd[sample] = key.length;
  }
  return {
    ...profile,
    strings: Strings.of(texts),
    samples: { ...samples, labelStart, labelEnd },
    labels: {
      count: key.length,
      key: key.toArray(),
      text: text.toArray(),
      number: number.toColumn(),
      unit: unit.toArray(),
    },
  };
}
