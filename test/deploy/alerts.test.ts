/** Every alert fires in its time, for its cause and nothing else, and none while a service is well: by promtool over the file as installed. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { alertCases } from './alert-cases.ts';
import { names, type Series, until, workersEnd, world } from './rule-world.ts';

const file = fileURLToPath(new URL('../../deploy/prometheus/muster-alerts.yml', import.meta.url));

interface Rule {
  readonly alert?: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook_url?: string };
}
const rules = (parse(await readFile(file, 'utf8')).groups as { rules: Rule[] }[]).flatMap((group) => group.rules);
const alerts = rules.flatMap(({ alert, ...rule }) => (alert ? [{ alert, ...rule }] : []));

/** Names of what is firing at that minute. */
const firing = (minute: number, expected: readonly string[]) => ({
  expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
  eval_time: `${minute}m`,
  exp_samples: expected.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
});

const not = (minute: number, alert: string) => ({
  expr: `ALERTS{alertstate="firing",alertname="${alert}"}`,
  eval_time: `${minute}m`,
  exp_samples: [],
});

/** @param every  between two looks at the rules; a day is looked at less often */
async function promtool(tests: readonly object[], every: '1m' | '4m' = '1m'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-rules-'));
  const path = join(folder, 'tests.yml');
  await writeFile(path, stringify({ rule_files: [file], evaluation_interval: every, tests }));
  const out = await new Promise<string>((resolve) =>
    execFile('promtool', ['test', 'rules', path], { maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve(error ? `${stdout}${stderr}${error.message}` : ''),
    ),
  );
  await rm(folder, { recursive: true });
  return out;
}

const group = (name: string, series: object[], promql: object[]) => ({
  name,
  interval: '1m',
  input_series: series,
  promql_expr_test: promql,
});

test('each alert has a severity, words for people and a place in the docs, and each has a case', () => {
  for (const { alert, labels, annotations } of alerts) {
    expect(labels?.severity, alert).toMatch(/^P[0-3]$/);
    expect(annotations?.summary, alert).toBeTruthy();
    expect(annotations?.runbook_url, alert).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
  }
  expect([...new Set(alertCases.map(({ alert }) => alert))].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
});

test('docs/alerts.md has a section for each, in order, with what it means, what to do first, and a command', async () => {
  const page = await readFile(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
  const sections = page.split(/^### /m).slice(1);
  expect(sections.map((section) => section.split('\n')[0])).toEqual(alerts.map(({ alert }) => alert));
  for (const [index, section] of sections.entries()) {
    expect(section).toContain(`**${alerts[index]?.labels?.severity}.**`);
    expect(section).toMatch(/^First: /m);
    expect(section).toMatch(/^ {4}\S/m);
  }
});

test('nothing fires while a service is well, for half a day', async () => {
  const well = [5, 61, 125, 725].map((minute) => firing(minute, []));
  expect(await promtool([group('well', world(), well)], '4m')).toBe('');
});

test.each(alertCases)('$alert fires after $fires minutes for its cause, and nothing else does', async (each) => {
  const { alert, changes, up, quiet, fires, also = [] } = each;
  const looks = [not(quiet, alert), firing(fires, [alert, ...also])];
  expect(await promtool([group(alert, world(changes, up), looks)], fires > 600 ? '4m' : '1m')).toBe('');
});

test('one odd backup fires MusterBackupSizeChanged, and the next normal ones end it, for the median has not moved', async () => {
  const size = { [`backup_size_bytes{${names.c}}`]: '1000+0x600 60000+0x59 1000+0x900' };
  const odd = (minute: number) => firing(minute, ['MusterBackupSizeChanged']);
  const looks = [firing(600, []), odd(616), odd(656), firing(664, []), firing(1_500, [])];
  expect(await promtool([group('odd', world(size), looks)], '4m')).toBe('');
});

test('a store that the backup of each day fills by a tenth at once is not full soon while half of it is free', async () => {
  const free = { [`backup_storage_free_bytes{${names.near}}`]: '700+0x300 600+0x1439 500+0x200' };
  const never = [310, 370, 500, 800, 1_444, 1_580].map((minute) => firing(minute, []));
  expect(await promtool([group('daily', world(free), never)], '4m')).toBe('');
});

test('when the workers are down for a day, Prometheus alone says so and the last known successes go on ageing', async () => {
  const down = [
    firing(70, []),
    firing(77, ['MusterNoWorker', 'MusterWorkerDown']),
    firing(1_500, [
      ...['MusterBackupCyclesMissed', 'MusterRpoExceededTwice', 'MusterRpoExceeded', 'MusterRpoNear'],
      ...['MusterBackupTooOld', 'MusterBackupLate', 'MusterDrillOverdue', 'MusterScheduleMissed'],
      ...['MusterNoWorker', 'MusterNothingKnown', 'MusterWorkerDown', 'MusterServiceUnwatched'],
    ]),
  ];
  expect(await promtool([group('down', world(...workersEnd()), down)], '4m')).toBe('');
});

test('a restart of all workers, silent on facts for some minutes, fires nothing and shows no newer success', async () => {
  const restarted: Series = Object.fromEntries(
    ['type="full"', 'type="incremental"'].map((type) => [
      `backup_last_success_timestamp_seconds{${names.c},${type}}`,
      '-1800+60x60 stale _x8 1800+60x60',
    ]),
  );
  const reading = { [`muster_reading_timestamp_seconds{${names.s}}`]: '-30+60x60 stale _x8 4170+60x60' };
  const during = [61, 65, 69].map((minute) => ({
    expr: 'muster:backup_last_success_timestamp_seconds',
    eval_time: `${minute}m`,
    exp_samples: [
      {
        labels: 'muster:backup_last_success_timestamp_seconds{service="spacetime",component="database"}',
        value: 1_800,
      },
    ],
  }));
  const quiet = [61, 65, 69, 75].map((minute) => firing(minute, []));
  expect(await promtool([group('restart', world({ ...restarted, ...reading }), [...during, ...quiet])])).toBe('');
});

test('two workers that export the same are one alert, and what only a dead one still said is not believed', async () => {
  const c = names.c;
  const twice = group('twice', world({ [`backup_failures_in_a_row{${c}}`]: '3+0x60' }), [
    {
      expr: 'count(ALERTS{alertstate="firing",alertname="MusterBackupFailedAgain"})',
      eval_time: '5m',
      exp_samples: [{ labels: '{}', value: 1 }],
    },
  ]);
  const own = (instance: string) =>
    `backup_last_success_timestamp_seconds{${c},type="full",job="muster-worker",instance="${instance}"}`;
  const without = world({
    [`backup_last_success_timestamp_seconds{${c},type="full"}`]: 'gone',
    [`backup_last_success_timestamp_seconds{${c},type="incremental"}`]: 'gone',
  });
  const dead = group(
    'dead',
    [...without, { series: own('a'), values: until('3000+0x60', 5) }, { series: own('b'), values: '1000+0x60' }],
    [
      {
        expr: 'muster:backup_last_success_timestamp_seconds',
        eval_time: '20m',
        exp_samples: [
          {
            labels: 'muster:backup_last_success_timestamp_seconds{service="spacetime",component="database"}',
            value: 1_000,
          },
        ],
      },
    ],
  );
  expect(await promtool([twice, dead])).toBe('');
});
