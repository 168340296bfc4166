import { silent } from './monitor-input.ts';

/** The monitor service's flags, with its defaults. */
export interface SqreamFlags {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly clustered: boolean;
  readonly service: string;
  readonly lokiHost: string;
  readonly lokiPort: number;
}

/** A config that does what the monitor service does with these flags. */
export function sqreamConfig(intervals: ReadonlyMap<string, number>, flags: SqreamFlags): string {
  return `# What SQreamDB's monitor service sends to Loki, written by: millrace import sqream
# Run it:    SQREAM_PASSWORD=… millrace sqream.yaml
# Check it:  SQREAM_PASSWORD=… millrace validate sqream.yaml

receivers:
  sqlquery:
    driver: sqream
    host: ${scalar(flags.host)}
    port: ${flags.port}
    database: ${scalar(flags.database)}
    username: ${scalar(flags.username)} # needs SUPERUSER
    password: \${env:SQREAM_PASSWORD}
    additional_params:
      service: ${scalar(flags.service)}
      clustered: ${flags.clustered} # whether host and port are those of the server picker
    timeout: 60s
    queries:
      # The worker that is asked is to have no GPU, so this must fail there.
      - name: worker without GPU
        interval: 1h
        sql: select 1
        expect_failure: true
${[...intervals].map(queryOf).join('')}
exporters:
  loki:
    endpoint: ${scalar(`http://${urlHost(flags.lokiHost)}:${flags.lokiPort}`)}
    format: raw # a line is the row, as JSON
    labels: # and nothing else: every column as a label would be a stream for every row
      resource: { host: server.address, database: db.namespace }
      attributes: { job: sqream.metric, metric: sqream.metric }

service:
  pipelines:
    logs:
      receivers: [sqlquery]
      exporters: [loki]
`;
}

function queryOf([name, seconds]: readonly [string, number]): string {
  const note =
    name === silent
      ? '      # The monitor service runs this and sends nothing of it; here its answer is a record.\n'
      : '';
  return `${note}      - name: ${name}
        interval: ${duration(seconds)}
        sql: select ${name}()
        logs: [{ static_attributes: { sqream.metric: ${name} } }]
`;
}

const duration = (seconds: number): string =>
  Number.isInteger(seconds) ? `${seconds}s` : `${Math.max(1, Math.round(seconds * 1000))}ms`;

const urlHost = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

/** As YAML and a config have it: what could be anything but a text is quoted, and a dollar is written twice. */
function scalar(text: string): string {
  const plain = /^[a-z][\w.-]*$/i.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return plain ? text : JSON.stringify(text).replaceAll('$', '$$$$');
}
