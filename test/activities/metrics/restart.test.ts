/** A worker that starts is scraped all the time, while its places are slow or silent: it never says that something is well which is not. */
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { startMetrics } from '../../../workers/metrics.ts';
import { type Estate, far, makeEstate } from '../../support/estate.ts';

let estate: Estate;
let bucket: Server;
/** What the bucket has been asked and has not answered yet; undefined once it answers at once. */
let waiting: (() => void)[] | undefined = [];
const hour = 3_600_000;
const taken = Math.floor(Date.now() / 1_000) * 1_000 - 3 * hour;

const emptyBucket = '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';

beforeAll(async () => {
  estate = await makeEstate();
  bucket = createServer((request, response) => {
    request.resume();
    const answer = () => void response.writeHead(200, { 'content-type': 'application/xml' }).end(emptyBucket);
    if (waiting) waiting.push(answer);
    else answer();
  }).listen(0, '127.0.0.1');
  await once(bucket, 'listening');
  await withBucket(`http://127.0.0.1:${(bucket.address() as AddressInfo).port}`);
  await estate.point(taken);
  const row = { component: 'database', driver: 'postgresql', step: 'capture-database', took: 60_000, kind: 'full' };
  const components = (done: boolean) => [{ ...row, done } as const] as never;
  await estate.report(taken + 60_000, { components: components(true) });
  const verify = { procedure: 'verify', run: 'verify-1', requestedBy: 'schedule daily' } as const;
  await estate.report(taken + 120_000, verify);
  // What failed since left its reports where only one location took them.
  await estate.report(taken + hour, { components: components(false), result: 'failed' }, [far]);
  await estate.report(taken + hour + 60_000, { ...verify, run: 'verify-2', result: 'failed' }, [far]);
});
afterAll(async () => {
  bucket.closeAllConnections();
  bucket.close();
  await estate?.end();
});

async function withBucket(endpoint: string): Promise<void> {
  const file = join(estate.plans, 'spacetime.yaml');
  const plan = parse(await readFile(file, 'utf8'));
  const secret = { file: join(estate.plans, 'bucket.secret') };
  await writeFile(secret.file, 'of no use');
  const where = { driver: 's3', region: 'us-east-1', bucket: 'copies', endpoint };
  plan.storage.copies = { ...where, accessKeyId: secret, secretAccessKey: secret };
  await writeFile(file, stringify(plan));
}

/** Whatever says that something is well, or when it was, and is the truth. */
const truth = [
  `backup_last_success_timestamp_seconds{service="spacetime",component="database",type="full"} ${taken / 1_000}`,
  'backup_failures_in_a_row{service="spacetime",component="database"} 1',
  'backup_success_ratio{service="spacetime"} 0.5',
  'backup_verification_success_ratio{service="spacetime"} 0.5',
  'backup_verification_failures_in_a_row{service="spacetime",kind="verify"} 1',
  'muster_run_failures_in_a_row{service="spacetime",procedure="backup"} 1',
  'muster_run_failures_in_a_row{service="spacetime",procedure="verify"} 1',
  'backup_newest_point_quarantined{service="spacetime"} 0',
];
const told = new Set(truth.map((line) => line.slice(0, line.indexOf('{'))));
const aboutOthers = /component="(?!database)/;

/** Lines of one scrape that are not true. */
function untrue(page: string): string[] {
  const lines = page.split('\n').filter((line) => told.has(line.slice(0, line.indexOf('{'))));
  return lines.filter((line) => !truth.includes(line) && !aboutOthers.test(line));
}

test('from before its first reading until every place has answered, no scrape shows a success that did not happen', async () => {
  const folder = estate.folders[far] as string;
  await rename(folder, `${folder}.away`);
  const env = { MUSTER_METRICS: '127.0.0.1:0', MUSTER_METRICS_EVERY: '50ms' };
  const metrics = await startMetrics(env, { plans: { folder: estate.plans, overlays: [] } }, () => {});
  const scrapes: string[] = [];
  const scrape = async () => {
    const page = await (await fetch(`http://127.0.0.1:${metrics?.port()}/metrics`)).text();
    scrapes.push(page);
    expect(untrue(page)).toEqual([]);
    return page;
  };
  const scrapeUntil = async (seen: (page: string) => boolean) => {
    const deadline = Date.now() + 60_000;
    while (!seen(await scrape())) if (Date.now() > deadline) throw new Error(`never came: ${scrapes.at(-1)}`);
  };
  try {
    // The bucket has been asked, so the first reading goes on, and no place has said all of it.
    await scrapeUntil(() => (waiting?.length ?? 0) > 0);
    for (let more = 0; more < 20; more += 1) {
      const facts = (await scrape()).split('\n').filter((line) => line && !line.startsWith('#'));
      expect(facts.toSorted()).toEqual([
        'muster_reading_complete{service="spacetime"} 0',
        'muster_reading_failures{service="spacetime"} 0',
      ]);
    }
    for (const answer of waiting ?? []) answer();
    waiting = undefined;
    // Two of three places have answered: what failed is known to the third alone.
    await scrapeUntil((page) => page.includes(truth[0] as string));
    for (let more = 0; more < 20; more += 1) {
      const page = await scrape();
      expect(page).toContain('muster_reading_complete{service="spacetime"} 0');
      expect(page).not.toMatch(/^(backup_success_ratio|backup_failures_in_a_row|backup_newest_point_quarantined)\{/m);
    }
    await rename(`${folder}.away`, folder);
    await scrapeUntil((page) => page.includes('muster_reading_complete{service="spacetime"} 1'));
    const whole = await scrape();
    for (const line of truth) expect(whole).toContain(`${line}\n`);
  } finally {
    await metrics?.close();
  }
}, 120_000);
