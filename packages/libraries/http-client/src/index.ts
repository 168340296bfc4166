export { authSchema, credentialsOf, type Credentials } from './auth.ts';
export { bodyOf, type Body } from './body.ts';
export {
  checkCompression,
  compress,
  compressionParamsSchema,
  compressionSchema,
  type Compression,
  type CompressionConfig,
} from './compression.ts';
export { connectionsSchema, posterOf, type ConnectionsConfig } from './connections.ts';
export { checkHeaders, headersSchema, lowerCase, redactor, type Headers } from './headers.ts';
export { isUnreachable, NoAnswer, wasNotSent } from './no-answer.ts';
export { createPoster, type Answer, type Connections, type Post, type Poster } from './post.ts';
export { checkProxy, parseProxy, type Proxy } from './proxy.ts';
export { parseRetryAfter } from './retry-after.ts';
export { checkTls, proveTls, tlsOptions, tlsSchema, usesMaterial, type TlsConfig } from './tls.ts';
export { isHttpUrl, serverOf, shown } from './url.ts';
export { userAgent } from './user-agent.ts';
