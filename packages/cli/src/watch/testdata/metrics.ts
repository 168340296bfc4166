type Attributes = Readonly<Record<string, string>>;
export type Point = readonly [value: number | bigint, attributes?: Attributes];
export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly Point[];
}

const attributesJson = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/** OTLP/JSON of one resource. A point without a fraction is an integer, as a decimal string. */
export const resource = (attributes: Attributes, metrics: readonly Metric[]) => ({
  resource: { attributes: attributesJson(attributes) },
  scopeMetrics: [
    {
      scope: { name: 'test' },
      metrics: metrics.map(({ name, unit, points }) => ({
        name,
        unit,
        gauge: {
          dataPoints: points.map(([value, own = {}]) => ({
            attributes: attributesJson(own),
            timeUnixNano: '1795262400000000000',
            ...(Number.isInteger(value) || typeof value === 'bigint'
              ? { asInt: String(value) }
              : Number.isNaN(value)
                ? { flags: 1 }
                : { asDouble: value }),
          })),
        },
      })),
    },
  ],
});

/** A metric with one point, or one for each of some attributes. `NaN`: the series has ended. */
export const gauge = (name: string, unit: string, ...points: readonly (number | bigint | Point)[]): Metric => ({
  name,
  unit,
  points: points.map((point) => (Array.isArray(point) ? (point as unknown as Point) : ([point] as Point))),
});

export const metricsJson = (...resourceMetrics: readonly object[]) => ({ resourceMetrics });
