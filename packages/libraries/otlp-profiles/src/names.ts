import { mappingHas } from '@millrace/pprof';

/** What of pprof has no field in OTLP: https://opentelemetry.io/docs/specs/semconv/registry/attributes/pprof/ */
export const names = {
  comment: 'pprof.profile.comment',
  dropFrames: 'pprof.profile.drop_frames',
  keepFrames: 'pprof.profile.keep_frames',
  docUrl: 'pprof.profile.doc_url',
  /** Of the scope, which holds the profiles that were one. */
  defaultSampleType: 'pprof.scope.default_sample_type',
  /** For each profile of the scope, which sample type of the pprof profile it has. */
  sampleTypeOrder: 'pprof.scope.sample_type_order',
  isFolded: 'pprof.location.is_folded',
} as const;

/** By bits of `mappingHas`. */
export const hasNames = [
  [mappingHas.functions, 'pprof.mapping.has_functions'],
  [mappingHas.files, 'pprof.mapping.has_filenames'],
  [mappingHas.lines, 'pprof.mapping.has_line_numbers'],
  [mappingHas.inlineFrames, 'pprof.mapping.has_inline_frames'],
] as const;

/** pprof has one build id and does not say of which kind; OTLP's, the first that is there. */
export const buildIds = [
  'process.executable.build_id.gnu',
  'process.executable.build_id.go',
  'process.executable.build_id.htlhash',
] as const;

/** Labels that say which span a sample belongs to: a link in OTLP. */
export const linkLabels = { traceId: 'trace_id', spanId: 'span_id' } as const;
