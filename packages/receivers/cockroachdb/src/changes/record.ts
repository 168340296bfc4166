import type { Attributes, ScrapedLog } from '@millrace/core';

const severities = {
  info: { severityNumber: 9, severityText: 'INFO' },
  warning: { severityNumber: 13, severityText: 'WARN' },
  error: { severityNumber: 17, severityText: 'ERROR' },
} as const;

export type Severity = keyof typeof severities;

export interface Change {
  readonly severity: Severity;
  /** A sentence. */
  readonly body: string;
  /** `cockroachdb.node.state` and so on. */
  readonly eventName: string;
  readonly attributes?: Attributes;
}

/** What has happened was found out at the time of the scrape; when it was, nobody says. */
export const recordOf = ({ severity, ...said }: Change): ScrapedLog => ({ ...severities[severity], ...said });
