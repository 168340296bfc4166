export {
  admissionSchemas,
  createAdmission,
  metadataOf,
  type Admission,
  type AdmissionConfig,
} from './admission.ts';
export { createBody, type Body } from './body.ts';
export { decompress, type Encoding } from './decompress.ts';
export { encodeMessage } from './grpc/reply.ts';
export { parseTimeout } from './grpc/call.ts';
export { grpcProperties, type GrpcConfig } from './grpc/config.ts';
export type { HttpBeside } from './grpc/http-beside.ts';
export type { Replies } from './grpc/replies.ts';
export {
  startGrpc,
  type GrpcMessage,
  type GrpcService,
  type Method,
  type Methods,
  type StreamMethod,
  type StreamMethods,
} from './grpc/server.ts';
export { checkEndpoint, listenAt, transportSchema, type Endpoint } from './listen.ts';
export {
  code,
  invalid,
  malformed,
  Refusal,
  refusalOf,
  shuttingDown,
  tooLarge,
  tooSlow,
  unavailable,
  type Code,
} from './refusal.ts';
export type { RunningServer } from './running-server.ts';
export { createSweep, type Sweep } from './sweep.ts';
export { followFiles, readTls, tlsSchema, type TlsConfig } from './tls.ts';
