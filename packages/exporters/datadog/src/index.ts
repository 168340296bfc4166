export { datadog as default } from './exporter.ts';
