import type { Limits } from './format.ts';

/** https://docs.datadoghq.com/api/latest/metrics/#submit-metrics */
export const seriesV2Limits: Limits = { raw: 5_242_880, sent: 512_000, items: Infinity };

/** The same page, v1. Sketches have the limits of v1, as the Datadog Agent and Vector apply them. */
export const seriesV1Limits: Limits = { raw: 62_914_560, sent: 3_200_000, items: Infinity };
export const sketchesLimits: Limits = seriesV1Limits;

/** https://docs.datadoghq.com/api/latest/logs/#send-logs */
export const logsLimits: Limits = { raw: 5_000_000, sent: 5_000_000, items: 1000 };

/** A longer log is cut by Datadog wherever that falls. */
export const maxLogBytes = 1_000_000;
