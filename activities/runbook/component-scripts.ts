/** Restoring and checking a component by script: the host job that a worker would start, its secrets left as recipes. */
import { refusal } from '../../domain/errors.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { ComponentRecord } from '../../domain/points/recovery-point.ts';
import { checkData } from '../archives/check-data.ts';
import type { PointSource } from '../archives/component-input.ts';
import type { JobParts } from '../archives/driver.ts';
import { driverFor } from '../archives/drivers.ts';
import { partParams } from '../archives/get-urls.ts';
import { type OpenedPoint, openPoint } from '../archives/open-point.ts';
import { restoreComponent } from '../archives/restore-component.ts';
import { openRequest } from '../hosts/start-job.ts';
import { envelopesAt, type NamedKey } from '../points/envelopes.ts';
import { loadPinned, type PinnedSigners } from '../points/signer.ts';
import { withLimit } from '../waiting.ts';
import { call, type ScriptTools, scriptOf } from './script-tools.ts';
import { type Placeholders, placeholders } from './secret-templates.ts';

/** Stands for the run that the script will be, until it is. */
const unnamed = 'RUN-OF-THE-SCRIPT';

export const restoreScript = scriptOf(restoreComponent, async (input, tools) => {
  const { component, host, service, site, point: from, locations, ...what } = input;
  const point = knownPoint(from);
  const { context } = tools;
  const driver = driverFor(component);
  if (what.until !== undefined && driver.log) {
    throw noScript(`${component.name} is to come back to ${what.until}, and its log is read by a worker.`);
  }
  const opened = await open({ service, point, component: component.name, site, locations }, tools);
  const secrets = placeholders();
  const options = { run: unnamed, point: point.id, secret: secrets.secret, storage: context.plan.storage, ...what };
  const parts = await driver.restore(component, opened.record, options);
  const { run, ...params } = parts.params;
  if (run !== unnamed || mentions({ ...parts, params }, unnamed)) {
    throw noScript(`The driver of ${component.name} uses the name of its run in a way that no script knows.`);
  }
  const job = { ...parts, params: { ...params, ...partParams(opened) } };
  await keepJob(job, { opened, service, judge: ['judge_nothing'] }, secrets, tools);
  return [call('host_job', tools.host(host), `component-${component.name}`, tools.step.id)];
});

export const checkScript = scriptOf(checkData, async (input, tools) => {
  const { component, host, service, site, point: from, locations, into, paths } = input;
  const point = knownPoint(from);
  const opened = await open({ service, point, component: component.name, site, locations }, tools);
  const secrets = placeholders();
  const { finishedAt } = opened.manifest;
  const options = { secret: secrets.secret, into, paths };
  const parts = await driverFor(component).verify(component, opened.record, finishedAt, options);
  const only = 'index' as const;
  const job = { ...parts, params: { ...parts.params, ...(parts.needsKey ? partParams(opened, only) : {}) } };
  const judge = judgeOf(component, opened.record);
  await keepJob(job, { opened: parts.needsKey ? opened : undefined, service, judge, only }, secrets, tools);
  return [call('host_job', tools.host(host), '', tools.step.id)];
});

/** A planned move takes its last point when everything stands still; a script cannot take one. @throws NoScript */
function knownPoint(source: PointSource) {
  if (!('committedBy' in source)) return source;
  throw noScript('The recovery point is taken while this is carried out, which a script cannot do.');
}

type Wanted = Parameters<typeof openPoint>[0];

/** Of the locations only those that a script can reach. @throws NoScript where none is left; refusals of `openPoint` */
async function open(wanted: Wanted, tools: ScriptTools): Promise<OpenedPoint> {
  const locations = wanted.locations.filter((name) => tools.locations.includes(name));
  if (locations.length === 0) throw noScript('None of the storage locations is S3, which is what curl is signed for.');
  return await openPoint({ ...wanted, locations }, tools.context);
}

interface Kept {
  /** Undefined where the job fetches nothing. */
  readonly opened: OpenedPoint | undefined;
  readonly service: string;
  readonly judge: readonly string[];
  readonly only?: 'index';
}

/** Puts request, table of parts and the two functions that `host_job` calls into the script. */
async function keepJob(job: JobParts, kept: Kept, secrets: Placeholders, tools: ScriptTools): Promise<void> {
  const { id } = tools.step;
  for (const [name, value] of Object.entries(job.params)) {
    if (secrets.inside(value.toString('latin1'))) throw noScript(`Parameter ${name} of ${id} holds a secret.`);
  }
  tools.keep(id, await openRequest(job));
  if (job.params.parts !== undefined) tools.keep(`${id}.parts`, job.params.parts);
  const recipes = Object.entries(job.secrets ?? {}).flatMap(([name, value]) => [
    `{ ${secrets.recipe(value.toString(), tools.reference).join(' && ')}; } | secret_line ${name} || return 1`,
  ]);
  const keys = kept.opened ? await keyLines(kept.opened, kept.service, kept.only, tools) : [];
  const name = id.replaceAll('-', '_');
  const [judge = '', ...words] = kept.judge;
  tools.beside([`secrets_of_${name}() {`, ...indented([...recipes, ...keys, ':']), '}']);
  tools.beside([`judge_${name}() { ${judge} "$1"${words.map((word) => ` ${call('', word).trim()}`).join('')}; }`]);
}

/** For each point whose archives are needed, its envelopes at each location that answers. @throws KeyMissing where there is none */
async function keyLines(
  { manifest, record, stores }: OpenedPoint,
  service: string,
  only: 'index' | undefined,
  { context, once }: ScriptTools,
): Promise<string[]> {
  const signers = await loadPinned(context.plan, context.planFolder);
  const owners = [...new Set([manifest.id, ...(only ? [] : record.archives.map(({ point }) => point))])].sort();
  const lines = owners.map(async (point) => {
    const named = manifest.keys.find((each) => each.point === point);
    const envelopes = named && (await once(`envelopes ${point}`, () => lookFor(named, service, stores, signers)));
    if (!envelopes || envelopes.length === 0) {
      throw refusal('KeyMissing', `No location has a sealed key of ${point}.`, 'use another recovery point.');
    }
    return [`point_key ${point} ${heredoc}`, ...envelopes, 'ENVELOPES'];
  });
  return (await Promise.all(lines)).flat();
}

/** ms that a location may take; what does not answer now may by then, and has at least what the manifest names. */
const patience = 4_000;

/** Lines `location key sha256`, nearest location first, newest envelope first. */
async function lookFor(
  named: NamedKey,
  service: string,
  stores: OpenedPoint['stores'],
  signers: PinnedSigners,
): Promise<string[]> {
  const found = stores.map(async (store) => {
    const at = await withLimit(patience, undefined, () => envelopesAt(store, service, named, signers)).catch(
      () => undefined,
    );
    return (at?.envelopes ?? [named]).map(({ key, sha256 }) => [store.location, key, sha256].join('\t'));
  });
  return (await Promise.all(found)).flat();
}

/** The function of the library that judges what the job said, and its words. */
function judgeOf(component: Component, record: ComponentRecord): string[] {
  if (component.driver === 'files') return ['judge_tree'];
  if (component.driver === 'postgresql-pitr') return ['judge_nothing'];
  const answers = record.checks.map(({ name, value }) => {
    return `"name":${JSON.stringify(name)},"value":"${Buffer.from(value).toString('base64')}"`;
  });
  return ['judge_answers', ...answers];
}

function mentions({ params, secrets = {} }: JobParts, word: string): boolean {
  return [...Object.values(params), ...Object.values(secrets)].some((value) => value.includes(word));
}

const heredoc = "<<'ENVELOPES' || return 1";

/** A heredoc's lines stay where they are. */
function indented(lines: readonly string[]): string[] {
  let inside = false;
  return lines.map((line) => {
    const literal = inside;
    if (line.endsWith(heredoc)) inside = true;
    if (line === 'ENVELOPES') inside = false;
    return literal ? line : `  ${line}`;
  });
}

function noScript(fact: string) {
  return refusal('NoScript', fact, 'print it for people with --format md.');
}
