/** A real Prometheus in the third place: it scrapes the lab's own workers, and has the rules as installed, made short. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { Lab } from '../../../../lab/client.ts';
import { commandInside } from '../../../../lab/inside.ts';
import { ports, regions, third } from '../../../../lab/layout.ts';
import { checkout } from '../../../../lab/paths.ts';
import { metricsAddress, workersOf } from '../../../../lab/processes/muster.ts';
import { until } from '../../../../lab/shell.ts';
import { shortRules } from './short-rules.ts';

/** ms between two readings of a worker: more often, four of them would keep a small machine busy with that alone. */
export const readEvery = 4_000;

const deployed = (file: string) => readFileSync(join(checkout, 'deploy/prometheus', file), 'utf8');
const address = `${third}:${ports.prometheus}`;

/** A series of an answer: a value, or with a range as many as were stored. `at` in ms. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly { readonly at: number; readonly value: number }[];
}

export type Prometheus = Awaited<ReturnType<typeof startPrometheus>>;

/** @param factor  how many times as fast as installed hours pass: 120 makes half a minute of an hour */
export async function startPrometheus(lab: Lab, factor: number) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-alarms-'));
  writeFileSync(join(folder, 'muster-alerts.yml'), shortRules(deployed('muster-alerts.yml'), factor));
  writeFileSync(join(folder, 'prometheus.yml'), shortConfig());
  const child = launch(lab, folder);
  const gone = new Promise((resolve) => child.once('exit', resolve));

  async function stop(): Promise<void> {
    child.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }

  /** Asks for now. @throws what Prometheus says of a wrong query, or that it does not answer */
  async function query(expr: string): Promise<Series[]> {
    const asked = [
      'curl',
      '-sS',
      '-m',
      '10',
      '-G',
      `http://${address}/api/v1/query`,
      '--data-urlencode',
      `query=${expr}`,
    ];
    const { code, stdout, stderr } = await lab.exec(asked);
    if (code !== 0) throw new Error(`Prometheus does not answer: ${stderr}`);
    const { status, error, data } = JSON.parse(stdout) as Answer;
    if (status !== 'success') throw new Error(`${expr}: ${error}`);
    return data.result.map(({ metric, value, values }) => ({
      labels: metric,
      values: (values ?? (value ? [value] : [])).map(([at, text]) => ({ at: at * 1_000, value: Number(text) })),
    }));
  }

  /** Waits until the query answers anything. */
  async function untilAny(what: string, expr: string, timeoutMs = 60_000): Promise<Series[]> {
    for (const limit = Date.now() + timeoutMs; Date.now() < limit; await pause(500)) {
      const found = await query(expr);
      if (found.length > 0) return found;
    }
    throw new Error(`Never came: ${what} (${expr}).`);
  }

  try {
    await until('Prometheus answers', async () => (await query('vector(1)').catch(() => [])).length > 0, {
      timeoutMs: 60_000,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { factor, query, untilAny, stop };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

/** As installed, but for addresses and how often it looks; nobody is to be paged by a test. */
function shortConfig(): string {
  const { rule_files, scrape_configs } = parse(deployed('prometheus.yml')) as {
    rule_files: string[];
    scrape_configs: { job_name: string }[];
  };
  const targets = regions.flatMap(({ name }) => workersOf(name).map((worker) => metricsAddress(worker, name)));
  return stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files,
    scrape_configs: scrape_configs
      .filter(({ job_name }) => job_name === 'muster-worker')
      .map((job) => ({ ...job, scrape_timeout: '1s', static_configs: [{ targets }] })),
  });
}

function launch(lab: Lab, folder: string): ChildProcess {
  const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, '--log.level=error'];
  // Not even a test that is killed leaves it behind.
  const command = ['setpriv', '--pdeathsig', 'KILL', 'prometheus', ...flags, `--web.listen-address=${address}`];
  const [file, ...args] = commandInside(lab.state, 'third', command);
  return spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
