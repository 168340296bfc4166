// Tags of https://github.com/google/pprof/blob/main/proto/profile.proto: `field << 3 | wire type`.

export const pprofTag = {
  sampleType: 0x0a,
  sample: 0x12,
  mapping: 0x1a,
  location: 0x22,
  function: 0x2a,
  string: 0x32,
  dropFrames: 0x38,
  keepFrames: 0x40,
  time: 0x48,
  duration: 0x50,
  periodType: 0x5a,
  period: 0x60,
  comment: 0x6a,
  defaultSampleType: 0x70,
  docUrl: 0x78,
} as const;

export const valueTypeTag = { type: 0x08, unit: 0x10 } as const;
export const sampleTag = { locations: 0x0a, values: 0x12, label: 0x1a } as const;
export const labelTag = { key: 0x08, text: 0x10, number: 0x18, unit: 0x20 } as const;
export const mappingTag = { id: 0x08, start: 0x10, limit: 0x18, offset: 0x20, file: 0x28, buildId: 0x30 } as const;
/** Of the mapping's four booleans, in the order of `hasNames`. */
export const mappingHasTags = [0x38, 0x40, 0x48, 0x50] as const;
export const locationTag = { id: 0x08, mapping: 0x10, address: 0x18, line: 0x22, folded: 0x28 } as const;
export const lineTag = { function: 0x08, line: 0x10, column: 0x18 } as const;
export const functionTag = { id: 0x08, name: 0x10, systemName: 0x18, file: 0x20, startLine: 0x28 } as const;
