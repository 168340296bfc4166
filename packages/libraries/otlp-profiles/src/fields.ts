// Tags of opentelemetry/proto/profiles/v1development/profiles.proto and collector/profiles/v1development, as of 1.10:
// `field << 3 | wire type`.

export const requestTag = { resourceProfiles: 0x0a, dictionary: 0x12 } as const;

export const resourceProfilesTag = { resource: 0x0a, scopeProfiles: 0x12, schemaUrl: 0x1a } as const;

export const scopeProfilesTag = { scope: 0x0a, profiles: 0x12, schemaUrl: 0x1a } as const;

export const dictionaryTag = {
  mapping: 0x0a,
  location: 0x12,
  function: 0x1a,
  link: 0x22,
  string: 0x2a,
  attribute: 0x32,
  stack: 0x3a,
} as const;

export const profileTag = {
  sampleType: 0x0a,
  samples: 0x12,
  time: 0x19,
  duration: 0x20,
  periodType: 0x2a,
  period: 0x30,
  attributes: 0x5a,
} as const;

export const valueTypeTag = { type: 0x08, unit: 0x10 } as const;

export const sampleTag = { stack: 0x08, attributes: 0x12, link: 0x18, values: 0x22, timestamps: 0x2a } as const;

export const mappingTag = { start: 0x08, limit: 0x10, offset: 0x18, file: 0x20, attributes: 0x2a } as const;

export const locationTag = { mapping: 0x08, address: 0x10, lines: 0x1a, attributes: 0x22 } as const;

export const lineTag = { function: 0x08, line: 0x10, column: 0x18 } as const;

export const functionTag = { name: 0x08, systemName: 0x10, file: 0x18, startLine: 0x20 } as const;

export const linkTag = { traceId: 0x0a, spanId: 0x12 } as const;

export const stackTag = { locations: 0x0a } as const;

export const attributeTag = { key: 0x08, value: 0x12, unit: 0x18 } as const;
