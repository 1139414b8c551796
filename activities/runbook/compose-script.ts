/**
 * A playbook as one bash script that carries it out with no Muster and no Temporal: the library, a function a step, the stages in
 * order, and at its end, behind `exit`, what host jobs are sent (docs/break-glass.md).
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { refusal } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { type Playbook, type PlaybookItem, type Step, stepsOf } from '../../domain/playbook/playbook.ts';
import { directionOf } from '../../domain/run/present.ts';
import type { S3Location } from '../../domain/storage/s3.ts';
import type { StepContext } from '../context.ts';
import { controlText } from '../hosts/control.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { stepDefinitions } from '../registry.ts';
import { preparation } from './preparation.ts';
import type { Runbook } from './runbook.ts';
import { call, type ScriptTools, seconds } from './script-tools.ts';
import { stepScripts } from './step-scripts.ts';

export const library = [
  ...['talk', 'json', 'dns', 's3', 'lease', 'hosts', 'requests', 'jobs'],
  ...['power', 'rds', 'traffic', 'health', 'stages', 'gates', 'flow'],
] as const;

/** @throws NoScript where a step cannot be said as a script; refusals of reading the recovery point */
export async function composeScript(runbook: Runbook, context: StepContext): Promise<string> {
  const { playbook } = runbook;
  const collected = collect(context, runbook.plan);
  const functions: string[] = [];
  // One after another: what they put at the end stays in the order of the playbook.
  for (const step of stepsOf(playbook)) functions.push(...(await functionOf(step, collected)));
  for (const name of ['launch', 'follow', 'fill'] as const) {
    collected.keep(name, shellQuote('exec', 'bash', '-c', await controlText(name), `muster-${name}`));
  }
  collected.keep('by-hand', `${preparation(runbook, context.planFolder).join('\n')}\n`);
  return [
    ...head(runbook),
    ...(await Promise.all(library.map(readLibrary))),
    '# --- of this recovery',
    ...settings(runbook, collected),
    ...functions,
    ...main(runbook),
    ...collected.data.map(([name, bytes]) => `#= ${name} ${zstdCompressSync(bytes).toString('base64')}`),
    '',
  ].join('\n');
}

type Collected = ReturnType<typeof collect>;

/** What the steps put into the script besides their own lines. */
function collect(context: StepContext, plan: Plan) {
  const hosts = new Map<string, Host>();
  const data: [string, Buffer][] = [];
  const known = new Map<string, Promise<unknown>>();
  const reference = (ref: SecretRef) =>
    'env' in ref ? `env:${ref.env}` : `file:${resolve(context.planFolder, ref.file)}`;
  const locations = Object.keys(plan.storage).filter((name) => plan.storage[name]?.driver === 's3');
  const tools = (step: Step, functions: string[]): ScriptTools => ({
    step,
    context,
    locations,
    reference,
    host(host) {
      const name = `${host.site}/${host.name}`;
      hosts.set(name, host);
      return name;
    },
    keep,
    once<Value>(name: string, find: () => Promise<Value>) {
      const value = (known.get(name) ?? find()) as Promise<Value>;
      known.set(name, value);
      return value;
    },
    beside: (lines) => void functions.push(...lines),
  });
  function keep(name: string, content: string | Buffer) {
    data.push([name, Buffer.from(content)]);
  }
  return { hosts, data, reference, locations, tools, keep };
}

async function functionOf(step: Step, collected: Collected): Promise<string[]> {
  const script = stepScripts.find(({ kind, version }) => kind === step.kind && version === step.version);
  const beside: string[] = [];
  const lines = script ? await script.lines(step.input, collected.tools(step, beside)) : shown(step);
  const name = `step_${step.id.replaceAll('-', '_')}`;
  const facts = [
    `step_title[${step.id}]=${shellQuote(step.title)}`,
    ...(step.required ? [] : [`step_optional[${step.id}]=yes`]),
    ...(script ? [] : [`step_by_person[${step.id}]=yes`]),
    `step_order+=(${step.id})`,
  ];
  return ['', ...facts, ...beside, `${name}() {`, ...lines.map((line) => `  ${line}`), '}'];
}

/** What a person is to type instead. */
function shown(step: Step): string[] {
  const definition = stepDefinitions.find(({ kind, version }) => kind === step.kind && version === step.version);
  const lines = definition?.shell(definition.input.parse(step.input)) ?? [`# ${step.title}`];
  // At the margin, as they are to be copied.
  return lines.flatMap((line) => line.split('\n')).map((line) => call('say', line));
}

function head({ playbook, sha256, assessment }: Runbook): string[] {
  return [
    '#!/bin/bash',
    `# ${titleOf(playbook)}`,
    `# For the hour when Temporal itself is gone: needs bash, aws, ssh, openssl, zstd, tar and curl. Start with --list, or --help.`,
    `# Compiled at ${assessment.at} from plan ${assessment.plan}; playbook ${sha256}${playbook.point ? `; recovery point ${playbook.point}` : ''}.`,
    '# Holds no secrets: they are read where the plan says, when they are needed.',
    '# shellcheck disable=SC2016,SC2034,SC2209,SC2329,SC2317',
    'set -euo pipefail',
    'shopt -s inherit_errexit',
    'self=$(realpath -- "$0")',
    '',
  ];
}

function settings({ plan, playbook, sha256, assessment }: Runbook, collected: Collected): string[] {
  const site = plan.sites[playbook.to];
  const keys = site ? [site.key, ...site.previousKeys].map(collected.reference) : [];
  const nearestFirst = [
    ...collected.locations.filter((name) => name === site?.storage),
    ...collected.locations.filter((name) => name !== site?.storage),
  ];
  const words: Record<string, string> = {
    title: titleOf(playbook),
    service: playbook.service,
    procedure: playbook.procedure,
    compiled_at: assessment.at,
    point: playbook.point ?? '',
    playbook: sha256,
    state: `break-glass-${playbook.service}-${playbook.procedure}`,
    stages: String(playbook.items.length),
  };
  return [
    ...Object.entries(words).map(([name, value]) => `${name}=${shellQuote(value)}`),
    'step_order=()',
    `site_keys=(${shellQuote(...keys)})`,
    `locations=(${shellQuote(...nearestFirst)})`,
    ...nearestFirst.flatMap((name) => locationLines(name, plan.storage[name] as S3Location, collected)),
    ...[...collected.hosts].flatMap(([name, { address, ssh }]) => [
      `host_login[${name}]=${shellQuote(`${ssh.user} ${address} ${ssh.port}`)}`,
      `host_key[${name}]=${shellQuote(collected.reference(ssh.key))}`,
      `host_known[${name}]=${shellQuote(collected.reference(ssh.knownHosts))}`,
    ]),
  ];
}

function locationLines(name: string, location: S3Location, { reference }: Collected): string[] {
  const { endpoint, bucket, region, prefix, accessKeyId, secretAccessKey } = location;
  const base = endpoint ? `${endpoint.replace(/\/+$/, '')}/${bucket}` : `https://${bucket}.s3.${region}.amazonaws.com`;
  const folder = prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`;
  return [
    `location_base[${name}]=${shellQuote(`${base}/`)}`,
    `location_region[${name}]=${shellQuote(region)}`,
    `location_prefix[${name}]=${shellQuote(folder)}`,
    `location_id[${name}]=${shellQuote(accessKeyId ? reference(accessKeyId) : '')}`,
    `location_secret[${name}]=${shellQuote(secretAccessKey ? reference(secretAccessKey) : '')}`,
  ];
}

/** In a function, so that bash has read all of it before any of it runs. */
function main({ playbook, assessment }: Runbook): string[] {
  const risks = assessment.risks.map(({ id, text }) => call('risk', id, text));
  return [
    '',
    'main() {',
    ...['begin "$@"', 'introduce', ...risks, ...playbook.items.map(itemLine), 'complete'].map((line) => `  ${line}`),
    '}',
    '',
    'main "$@"',
    'exit',
    '# --- what host jobs are sent: NAME, then zstd in base64',
  ];
}

function itemLine(item: PlaybookItem): string {
  switch (item.type) {
    case 'stage': {
      const ids = item.ranks.flatMap((rank, index) => [...(index > 0 ? ['/'] : []), ...rank.map(({ id }) => id)]);
      return call(item.alongside ? 'alongside' : 'stage', item.title, ...ids);
    }
    case 'gate':
      return call('gate', item.title, item.outcome, item.risk, ...item.steps);
    case 'pointOfNoReturn':
      return call('point_of_no_return', item.title);
    case 'watch':
      return call('watch', item.title, seconds(item.for), item.every / 1000, item.step.id);
    default:
      throw refusal('NoScript', 'The playbook has an item that no script knows.', '--format md');
  }
}

function titleOf(playbook: Playbook): string {
  return `Break-glass: ${directionOf(playbook)} of ${playbook.service}`;
}

async function readLibrary(name: (typeof library)[number]): Promise<string> {
  const text = await readFile(new URL(`library/${name}.sh`, import.meta.url), 'utf8');
  return text.replace(/^# shellcheck [^\n]*\n/m, '');
}
