import type { MetricType } from './series.ts';

/** What a page says of a metric family. Never changed: when a page says something else, there is another one. */
export interface Family {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

export type Part = 'value' | 'bucket' | 'sum' | 'count' | 'created';

/** What samples of one name are. */
export interface Place {
  readonly name: string;
  readonly family: Family;
  readonly part: Part;
  /** How many series are of it. */
  users: number;
  /** The page has said something else since. */
  stale: boolean;
}

export interface Families {
  tell(name: string, said: Partial<Pick<Family, 'type' | 'help' | 'unit'>>): void;
  /** By the name of a sample; to be released when the series is gone. */
  place(name: string): Place;
  release(place: Place): void;
  begin(page: number): void;
  /** Forgets what the page did not say; of one that failed, what was new in it. */
  end(outcome: 'success' | 'failure'): void;
}

const parts: Readonly<Record<string, { readonly part: Part; readonly of: readonly MetricType[] }>> = {
  _total: { part: 'value', of: ['counter'] },
  _info: { part: 'value', of: ['info'] },
  _bucket: { part: 'bucket', of: ['histogram', 'gaugehistogram'] },
  _sum: { part: 'sum', of: ['histogram', 'summary'] },
  _count: { part: 'count', of: ['histogram', 'summary'] },
  _gsum: { part: 'sum', of: ['gaugehistogram'] },
  _gcount: { part: 'count', of: ['gaugehistogram'] },
  _created: { part: 'created', of: ['counter', 'histogram', 'summary'] },
};

const suffixes = ['', ...Object.keys(parts)];

export function createFamilies(): Families {
  const known = new Map<string, { family: Family; readonly addedIn: number; saidIn: number }>();
  const places = new Map<string, Place>();
  let page = 0;

  function outdate(name: string): void {
    for (const suffix of suffixes) {
      const place = places.get(name + suffix);
      if (!place) continue;
      place.stale = true;
      places.delete(name + suffix);
    }
  }

  function find(name: string): Pick<Place, 'family' | 'part'> {
    const own = known.get(name)?.family;
    if (own) return { family: own, part: 'value' };
    const suffix = name.slice(name.lastIndexOf('_'));
    if (Object.hasOwn(parts, suffix)) {
      const { part, of } = parts[suffix]!;
      const family = known.get(name.slice(0, -suffix.length))?.family;
      if (family && of.includes(family.type)) return { family, part };
    }
    return { family: { name, type: 'unknown', help: '', unit: '' }, part: 'value' };
  }

  return {
    tell(name, said) {
      const before = known.get(name);
      if (before) {
        before.saidIn = page;
        const { family } = before;
        const { type = family.type, help = family.help, unit = family.unit } = said;
        if (type === family.type && help === family.help && unit === family.unit) return;
        before.family = { name, type, help, unit };
      } else {
        const family: Family = { name, type: 'unknown', help: '', unit: '', ...said };
        known.set(name, { family, addedIn: page, saidIn: page });
      }
      outdate(name);
    },
    place(name) {
      let place = places.get(name);
      if (!place) {
        place = { name, ...find(name), users: 0, stale: false };
        places.set(name, place);
      }
      place.users++;
      return place;
    },
    release(place) {
      if (--place.users === 0 && !place.stale) places.delete(place.name);
    },
    begin(number) {
      page = number;
    },
    end(outcome) {
      for (const [name, { addedIn, saidIn }] of known) {
        if (outcome === 'success' ? saidIn === page : addedIn !== page) continue;
        known.delete(name);
        outdate(name);
      }
    },
  };
}
