export { encodeResponse, encodeResponseJson, encodeStatus, encodeStatusJson } from './answer.ts';
export { encode, encodeChunks, encodeLogs, encodeMetrics, encodeTraces } from './encode.ts';
export { batchFromJson } from './from-json.ts';
export { batchFromChecked, batchFromRequest } from './from-request.ts';
export {
  decodeResponse,
  decodeResponseJson,
  decodeStatus,
  decodeStatusJson,
  type PartialSuccess,
  type Status,
} from './response.ts';
export { encodeJson, encodeLogsJson, encodeMetricsJson, encodeTracesJson } from './to-json.ts';
