/** A region lost and found, as the lab's own observer and front proxy show it to the outside. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  acknowledgedSchema,
  lostWritesSchema,
  observerStateSchema,
  outagesSchema,
} from '../../../domain/observers/observer.ts';
import { connectLab, type Lab } from '../../../lab/client.ts';
import { hostNamed, ports, third } from '../../../lab/layout.ts';
import { up } from '../../../lab/up.ts';
import { eventually } from '../aws/servers.ts';
import { clear, temporaryDir } from '../core/helpers.ts';

const observer = `http://${third}:${ports.observer}`;
let dir: string;
let lab: Lab;

beforeAll(async () => {
  dir = await temporaryDir();
  await up({ dir, options: { worker: [], bootDelayMs: 300 } });
  lab = connectLab(dir);
  const { code, stderr } = await lab.exec([
    process.execPath,
    'lab/spacetime/seed.ts',
    '--files',
    '200',
    '--megabytes',
    '2',
    '--rows',
    '500',
  ]);
  if (code !== 0) throw new Error(stderr);
  await eventually('writes are acknowledged', async () => (await state()).acknowledged > 5, 30_000);
});

afterAll(() => clear(dir));

test('while a region is cut off its AWS calls hang, and one that still waits is answered when it heals', async () => {
  await eventually('the service is seen as ok', async () => (await state()).state === 'ok');
  await lab.kill('us-east-1');
  const [gone, west] = await Promise.all([describe('us-east-1', 2), describe('us-west-2', 10)]);
  expect(gone.code).toBe(28); // curl's own time limit: nothing answered, nothing refused.
  expect(west.stdout).toContain('DescribeInstancesResponse');
  const waiting = describe('us-east-1', 60);
  await eventually('the outage is seen', async () => (await state()).state === 'failing');
  await lab.heal('us-east-1');
  expect((await waiting).stdout).toContain('DescribeInstancesResponse');
});

test('the outage has a beginning and an end, and no acknowledged write is missing after it', async () => {
  await eventually('the service is back', async () => (await state()).state === 'ok', 30_000);
  const { outages } = outagesSchema.parse(await ask('/outages'));
  const last = outages.at(-1);
  const address = hostNamed('app-us-east-1').address;
  expect(last).toMatchObject({ before: address, after: address, observed: true });
  expect(last?.ms).toBeGreaterThan(1500);
  expect(await lost()).toMatchObject({ lost: 0 });
});

test('rows that are taken away are counted as lost, one by one', async () => {
  const { ids } = acknowledgedSchema.parse(await ask('/acknowledged'));
  const taken = ids.slice(0, 4);
  const list = taken.map((id) => `'${id}'`).join(', ');
  const sql = `DELETE FROM canary_writes WHERE id IN (${list});`;
  const command = 'cd / && runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1 -d spacetime_db';
  const { code } = await lab.ssh('db-us-east-1', command, { input: sql });
  expect(code).toBe(0);
  const counted = await lost();
  expect(counted.lost).toBe(4);
  expect(counted.ids).toEqual(taken);
});

async function describe(region: string, seconds: number) {
  const scope = `AWS4-HMAC-SHA256 Credential=lab/20260101/${region}/ec2/aws4_request, SignedHeaders=host, Signature=0`;
  const call = ['-H', `Authorization: ${scope}`, '-d', 'Action=DescribeInstances&Version=2016-11-15'];
  return lab.exec(['curl', '-s', '-m', `${seconds}`, ...call, `http://${third}:${ports.aws}/`]);
}

async function ask(path: string, body?: string): Promise<unknown> {
  const { code, stdout } = await lab.exec([
    'curl',
    '-s',
    '-m',
    '20',
    ...(body ? ['-d', body] : []),
    `${observer}${path}`,
  ]);
  if (code !== 0) throw new Error(`The observer did not answer ${path}: curl ended with ${code}.`);
  return JSON.parse(stdout);
}

const state = async () => observerStateSchema.parse(await ask('/state'));
const lost = async () => lostWritesSchema.parse(await ask('/lost-writes', '{}'));
