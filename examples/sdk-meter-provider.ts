// A Millrace receiver in a plain OpenTelemetry SDK: this process's own memory beside the metrics of your app.
//   node examples/sdk-meter-provider.ts
import { metricProducer } from '@millrace/core';
import procfs from '@millrace/receiver-procfs';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

await using processes = metricProducer(procfs, {
  include: { names: ['node'] },
});

const provider = new MeterProvider({
  readers: [
    new PeriodicExportingMetricReader({
      exporter: new ConsoleMetricExporter(),
      metricProducers: [processes],
      exportIntervalMillis: 10_000,
    }),
  ],
});
provider.getMeter('shop').createCounter('orders').add(1);

await provider.forceFlush();
await provider.shutdown();
