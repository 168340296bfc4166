import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { styleText } from 'node:util';
import { diagnoseListen, describeError, type CheckedConfig, type Configured, type Finding } from '@millrace/core';
import { out, reportConfigError, useColor } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { defaultReader } from '../telemetry.ts';
import { readConfig } from './config.ts';
import type { CommandAction } from './index.ts';

const marks = { ok: 'ok     ', warning: 'warning', error: 'error  ' } as const;
const colors = { ok: 'green', warning: 'yellow', error: 'red' } as const;

/** `millrace doctor` */
export const doctor: CommandAction = async (configs, options) => {
  let config: CheckedConfig;
  try {
    config = (await readConfig(configs, options)).checked;
  } catch (error) {
    return reportConfigError(error, options);
  }
  const color = useColor(options, process.stdout);
  let failed = false;
  const show = (title: string, findings: readonly Finding[]): void => {
    out(title);
    for (const { level, text, advice } of findings) {
      failed ||= level === 'error';
      out(`  ${color ? styleText(colors[level], marks[level]) : marks[level]}  ${text}`);
      if (advice && level !== 'ok') out(`           ${advice}`);
    }
  };

  show('this machine', await machine());
  for (const kind of ['receivers', 'processors', 'exporters', 'connectors', 'extensions'] as const)
    for (const configured of config[kind].values()) {
      const findings = await diagnose(configured);
      if (findings.length > 0) show(`${kind}.${configured.id}`, findings);
    }
  const { level: detail, readers } = config.telemetry.metrics;
  for (const reader of detail === 'none' ? [] : (readers ?? [defaultReader])) {
    if (!('pull' in reader)) continue;
    const { host, port } = reader.pull.exporter.prometheus;
    const finding = await diagnoseListen(`${host}:${port}`);
    // Where the config does not ask for it, the program goes on without.
    const level = finding.level === 'error' && !readers ? 'warning' : finding.level;
    show('service.telemetry.metrics', [{ ...finding, level }]);
  }
  return failed ? exitCode.badConfig : exitCode.done;
};

async function diagnose({ definition, config }: Configured): Promise<readonly Finding[]> {
  try {
    return (await definition.diagnose?.(config as never)) ?? [];
  } catch (error) {
    return [{ level: 'error', text: `It could not be looked at: ${describeError(error)}.` }];
  }
}

async function machine(): Promise<readonly Finding[]> {
  const limit = /^Max open files\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8').catch(() => ''))?.[1];
  const findings: Finding[] = [
    {
      level: 'ok',
      text: `Node.js ${process.versions.node} on ${process.platform} ${release()}, user ${process.getuid?.() ?? '?'}.`,
    },
  ];
  if (limit && Number(limit) < 1024)
    findings.push({ level: 'warning', text: `Only ${limit} files may be open.`, advice: 'ulimit -n 4096' });
  return findings;
}
