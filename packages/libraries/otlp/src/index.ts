export { encode, encodeLogs, encodeMetrics } from './encode.ts';
export { encodeLogsJson, encodeMetricsJson } from './json.ts';
export {
  decodeResponse,
  decodeResponseJson,
  decodeStatus,
  decodeStatusJson,
  type PartialSuccess,
  type Status,
} from './response.ts';
