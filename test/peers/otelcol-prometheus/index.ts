import { goProgram, isBuilt } from '../go-program.ts';

export const otelcolPrometheus = goProgram({ name: 'otelcol-prometheus', folder: import.meta.dirname });

/** Whether `build.ts` could build it here. */
export const hasOtelcolPrometheus = (): boolean => isBuilt(otelcolPrometheus);
