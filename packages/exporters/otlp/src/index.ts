import { otlp } from './grpc/exporter.ts';
import { otlpHttp } from './http/exporter.ts';

export default [otlp, otlpHttp] as const;
