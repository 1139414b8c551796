/** A month of a service in two folders: reports, a recovery point with its marks, and the audit log of a run with a signed approval. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAudit } from '../../../activities/audit/write-audit.ts';
import { generateKeySet } from '../../../activities/points/keys.ts';
import { writeMark } from '../../../activities/points/marks.ts';
import { loadSigner, type Signer, sha256Of } from '../../../activities/points/signer.ts';
import { leaveFiles } from '../../../activities/reports/leave-files.ts';
import { reportFiles } from '../../../activities/reports/report-files.ts';
import { openLocalStore } from '../../../activities/storage/local.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { AuditDraft } from '../../../domain/audit/audit.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import type { SecretRef } from '../../../domain/plan/values.ts';
import { layout, type Manifest } from '../../../domain/points/recovery-point.ts';
import { approvalSchema } from '../../../domain/run/run.ts';
import type { LocalLocation } from '../../../domain/storage/local.ts';
import { signed } from '../../../scripts/cli/sign.ts';
import { aFullReport } from '../../domain/report/html/a-report.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { makeSigners } from '../../support/signers.ts';

export const report = aFullReport();
export const pointId = '20260102_024500';
const at = (second: number) => new Date(Date.parse('2026-01-02T03:00:00.000Z') + second * 1_000).toISOString();

export interface Month {
  readonly folder: string;
  readonly plan: Plan;
  readonly signer: Signer;
  readonly stores: readonly ObjectStore[];
  end(): Promise<void>;
}

export async function aMonth(): Promise<Month> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-evidence-'));
  const people = await makeSigners(['dana']);
  await generateKeySet(join(folder, 'keys'), ['east']);
  await writeFile(join(folder, 'allowed_signers'), people.lines);
  const plan = await spacetimePlan();
  const file = (name: string) => ({ file: join(folder, 'keys', name) });
  plan.signer = { key: file('signer.key'), pinned: [file('signer.pub')] };
  plan.approvals.allowedSigners = { file: join(folder, 'allowed_signers') };
  const secret = async (ref: SecretRef) => await readFile('file' in ref ? ref.file : ref.env, 'utf8');
  const signer = await loadSigner(plan, secret);
  const stores = await Promise.all((['near', 'far'] as const).map((name) => storeIn(folder, name)));
  const store = async (name: string) => stores.find(({ location }) => location === name) as ObjectStore;
  const places = { locations: ['near', 'far'], store };

  const key = (name: string) => layout.report('spacetime', report.run, name);
  await leaveFiles(reportFiles(report, signer), { key, path: (name) => name }, places);
  const manifest = Buffer.from(`${JSON.stringify(aManifest(signer))}\n`);
  for (const each of stores) {
    await each.put(layout.manifestSignature('spacetime', pointId), signer.sign(manifest));
    await each.put(layout.manifest('spacetime', pointId), manifest);
    const mark = { format: 1, service: 'spacetime', point: pointId, manifest: sha256Of(manifest) } as const;
    const shown = { state: 'proven', at: at(-600), run: 'test-restore-20260102-025000-ef56', how: 'restored' } as const;
    await writeMark(each, { ...mark, ...shown, locations: ['near', 'far'] }, signer);
  }
  const go = { by: 'dana', decision: 'go', playbook: 'ab'.repeat(32), accept: [], run: report.run } as const;
  const io = { stdout: process.stdout, stderr: process.stderr, env: {} };
  const bound = { service: 'spacetime', procedure: 'failover', at: at(120), until: at(1_000) };
  const approval = await signed(approvalSchema.parse({ ...go, ...bound }), people.key('dana'), io);
  const entries: AuditDraft[] = [
    { n: 1, at: at(0), kind: 'asked', text: 'failover of spacetime asked for', by: 'asker' },
    { n: 2, at: at(130), kind: 'approval', text: 'go', by: 'dana', approval: { ...approval } },
    { n: 3, at: at(130), kind: 'decision', text: 'go', by: 'dana' },
    { n: 4, at: at(4_000), kind: 'end', text: 'done', entries: 4 },
  ];
  const call = { service: 'spacetime', run: report.run, procedure: 'failover' } as const;
  const { near } = storageOf(folder);
  await writeAudit(
    { ...call, entries, previous: null, leaveOut: [], owed: [] },
    { plan: { storage: { near } }, signer, store },
  );
  return {
    ...{ folder, plan, signer, stores },
    async end() {
      await Promise.all([people.close(), rm(folder, { recursive: true, force: true })]);
    },
  };
}

async function storeIn(folder: string, name: 'near' | 'far'): Promise<ObjectStore> {
  await mkdir(join(folder, name));
  return await openLocalStore(name, storageOf(folder)[name], 'a secret of thirty-two characters, and more');
}

export function storageOf(folder: string): Record<'near' | 'far', LocalLocation> {
  const served = { url: 'http://127.0.0.1:9', listen: '127.0.0.1:9', secret: { env: 'EVIDENCE_TEST' } };
  const location = (name: string): LocalLocation => ({
    ...{ driver: 'local', region: 'office', prefix: 'muster', mounted: false, served },
    folder: join(folder, name),
  });
  return { near: location('near'), far: location('far') };
}

function aManifest(signer: Signer): Manifest {
  const times = { takenAt: '2026-01-02T02:45:00.000Z', finishedAt: '2026-01-02T02:46:00.000Z' };
  const part = { key: `spacetime/archives/${pointId}/files/00000.0-a`, bytes: 10, sha256: 'ef'.repeat(32) };
  return {
    ...{
      format: 1,
      id: pointId,
      service: 'spacetime',
      site: 'us-east-1',
      role: 'primary',
      kind: 'full',
      label: 'hourly',
    },
    ...{ run: 'backup-20260102-024500-cd34', ...times, muster: '0.1.0', keys: [], signer: signer.fingerprint },
    components: [
      {
        ...{
          component: 'files',
          driver: 'files',
          host: { name: 'app', hostname: 'app', address: '127.0.0.1' },
          ...times,
        },
        archives: [{ number: 0, point: pointId, kind: 'tree', parts: [part], bytes: 100, entries: 3 }],
        ...{ entries: 3, bytes: 100, storedBytes: 10, checks: [], warnings: [], details: {} },
      },
    ],
    restoreMd: { key: 'x', sha256: 'aa' },
    restoreSh: { key: 'y', sha256: 'bb' },
  };
}
