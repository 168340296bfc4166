export { subtractExponential } from './exponential.ts';
export {
  createSeriesStore,
  type Last,
  type MetricSeries,
  type Place,
  type Series,
  type SeriesStore,
} from './series.ts';
export { mismatch, reset, subtractHistogram, subtractNumber } from './subtract.ts';
