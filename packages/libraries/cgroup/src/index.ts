export { diagnoseHierarchy } from './diagnose.ts';
export { pathMatcher } from './glob.ts';
export { type Hierarchy, type HierarchyOptions, openHierarchy } from './hierarchy.ts';
export { type Identity, type QosClass, type Runtime, identify } from './identify.ts';
export type { Controller, Layout, Mode } from './layout.ts';
export { difference, nanosToSeconds } from './numbers.ts';
export type { Reader } from './reader.ts';
export {
  type CgroupSample,
  type Count,
  type CpuSample,
  type DeviceIo,
  type MemoryEvents,
  type MemorySample,
  type PidsSample,
  type Pressure,
  type PressureSample,
  type Stall,
  type Wanted,
  everything,
} from './sample.ts';
export type { ListOptions } from './walk.ts';
