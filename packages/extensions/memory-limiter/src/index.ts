import { defineExtension, type Finding } from '@millrace/core';
import { availableMemory, check, config, type LimitConfig, limitsOf, memoryLimit } from '@millrace/memory-limit';

export default defineExtension({
  type: 'memory_limiter',
  description: 'Has servers refuse requests before they read them, while memory is short.',
  provides: ['admission'],
  config,
  check,
  diagnose: async (settings) => [fits(settings)],
  create(settings, context) {
    const limit = memoryLimit(settings, context);
    return {
      start: async () => limit.start(),
      shutdown: async () => limit.shutdown(),
      admit: (bytes) => limit.admit(bytes),
    };
  },
});

function fits(settings: LimitConfig): Finding {
  const available = availableMemory();
  const { hard } = limitsOf(settings, () => available);
  const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
  if (hard <= available)
    return { level: 'ok', text: `The limit of ${mib(hard)} is within the ${mib(available)} there are.` };
  return {
    level: 'warning',
    text: `The limit of ${mib(hard)} is more than the ${mib(available)} there are.`,
    advice: 'Lower limit_mib, or use limit_percentage: 80.',
  };
}
