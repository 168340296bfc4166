export { availableMemory } from './cgroup.ts';
export { check, config, type LimitConfig, type Limits, limitsOf } from './config.ts';
export { createLimiter, type Limiter, type LimiterOptions } from './limiter.ts';
export { type Memory, type MemorySource, processMemory } from './process.ts';
export { type MemoryLimit, memoryLimit } from './shared.ts';
