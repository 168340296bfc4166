import { defineExporter, PermanentError } from '@millrace/core';

export default defineExporter({
  type: 'report_cache',
  description: 'Hands what arrives to an extension that keeps the last reports of each cluster.',
  signals: ['metrics', 'logs', 'traces'],
  delivery: 'direct',
  config: {
    properties: {
      extension: {
        type: 'string',
        format: 'extension',
        provides: 'reports',
        default: 'report_cache',
        description: 'The extension that keeps the reports.',
      },
    },
  },
  create({ extension: id }, context) {
    return {
      async consume(batch) {
        const extension = context.extension(id);
        if (!extension.report) throw new PermanentError(`The extension ${id} keeps no reports.`);
        await extension.report(batch);
      },
    };
  },
});
