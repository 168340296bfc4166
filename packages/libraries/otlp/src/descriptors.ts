import type { MetricDescriptor } from '@millrace/core';

const most = 8192;
const known = new Map<string, MetricDescriptor>();

/** The same object for the same descriptor, mostly: what is cached under its identity lives on from request to request. */
export function internDescriptor(descriptor: MetricDescriptor): MetricDescriptor {
  const { name, description, unit, valueType, metadata } = descriptor;
  const last = known.get(name);
  if (
    last?.valueType === valueType &&
    last.unit === unit &&
    last.description === description &&
    last.metadata === metadata
  )
    return last;
  if (!last && known.size === most) known.clear();
  known.set(name, descriptor);
  return descriptor;
}
