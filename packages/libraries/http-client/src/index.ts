export type { Connections } from './agents.ts';
export { createAsk, StatusError, type Ask, type AskConfig, type Question, type WholeAnswer } from './ask.ts';
export { authSchema, credentialsOf, type Credentials } from './auth.ts';
export type { Answer } from './answer.ts';
export { authorizationOf, authorizationSchema, checkAuthorization, type AuthorizationConfig } from './authorization.ts';
export { bodyOf, type Body } from './body.ts';
export { createClient, type Asked, type Client } from './client.ts';
export {
  checkCompression,
  compress,
  compressionParamsSchema,
  compressionSchema,
  type Compression,
  type CompressionConfig,
} from './compression.ts';
export { clientOf, connectionsSchema, posterOf, type ConnectionsConfig } from './connections.ts';
export { checkEndpoint, type EndpointRule } from './endpoint.ts';
export {
  checkExporter,
  diagnoseServers,
  exporterSchema,
  httpExporter,
  type HttpExporter,
} from './exporter.ts';
export { checkHeaders, headersSchema, lowerCase, redactor, type Headers } from './headers.ts';
export { isUnreachable, NoAnswer, wasNotSent } from './no-answer.ts';
export { newsOf } from './news.ts';
export { createPartSender, type Drop, type Outcome, type Parts, type PartSender } from './parts.ts';
export { createPoster, type Post, type Poster } from './post.ts';
export { checkProxy, parseProxy, type Proxy } from './proxy.ts';
export { quoter, type Quote } from './quote.ts';
export { BodyTooLarge, type Reply } from './reply.ts';
export { longestWaitMs, parseRetryAfter } from './retry-after.ts';
export { senderOf, type Sending, type Sent } from './sender.ts';
export { isSuccess, statusError, type StatusErrorOptions } from './status-error.ts';
export { checkTenant, isTenant, tenantHeader, type TenantConfig, withoutTenant } from './tenant.ts';
export { checkTls, proveTls, tlsOptions, tlsSchema, usesMaterial, type TlsConfig } from './tls.ts';
export { isHttpUrl, secretsIn, serverOf, shown } from './url.ts';
export { userAgent } from './user-agent.ts';
