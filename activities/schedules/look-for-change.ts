/**
 * Activity `lookForChange`: whether the files of components are still what they were at the last look. The host lists them (mode,
 * owner, size, times, path) and answers a hash; nothing is read, nothing is written.
 */

import { formatDuration } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import type { FilesComponent } from '../../domain/plan/component.ts';
import type { DueResult } from '../../domain/schedules/due.ts';
import { wantedComponents } from '../../playbooks/backup-scope.ts';
import { assessService } from '../assessment/assess-service.ts';
import { connectHost } from '../hosts/connect.ts';
import { control } from '../hosts/control.ts';
import type { HostExecutor } from '../hosts/executor.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { sha256Of } from '../points/signer.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';

export interface LookCall {
  readonly service: string;
  readonly from?: string;
  /** Of files; all of the plan's where absent. */
  readonly components?: readonly string[];
  /** What the last look found, and when what it found was backed up. */
  readonly last: Pick<DueResult, 'fingerprint' | 'backedUpAt'>;
}

interface Look {
  readonly changed: boolean;
  readonly why: string;
  readonly fingerprint: string;
}

/** @throws what the assessment of a backup refuses, and NoFingerprint for components that are no files */
export async function lookForChange(call: LookCall, deps: Dependencies): Promise<Look> {
  const { folder, overlays } = deps.plans;
  const { plan } = await loadPlan(folder, call.service, { overlays: [...overlays] });
  const names = call.components ? [...call.components] : undefined;
  const components = wantedComponents(plan, names && { kind: 'full', components: names }).map(asFiles);
  const at = new Date();
  const assessment = await assessService(
    { run: 'look', procedure: 'backup', service: call.service, from: call.from, at: at.toISOString() },
    deps,
  );
  const prints: string[] = [];
  for (const component of components) {
    const host = assessment.hosts.find(({ group }) => group === component.host) as Host;
    const executor = await connectHost(host, (ref) => resolveSecret(ref, folder));
    try {
      prints.push(`${component.name} ${await fingerprintOf(executor, component)}`);
    } finally {
      await executor.close();
    }
  }
  const fingerprint = sha256Of(Buffer.from(prints.join('\n')));
  return { ...verdict(call.last, fingerprint, components, at.getTime()), fingerprint };
}

/** Pure. Unchanged files are saved again before their newest point is older than their own RPO, so that nobody has to wonder. */
export function verdict(
  last: LookCall['last'],
  fingerprint: string,
  components: readonly Pick<FilesComponent, 'name' | 'rpo'>[],
  now: number,
): { changed: boolean; why: string } {
  const what = components.map(({ name }) => name).join(', ');
  if (last.fingerprint === undefined) return { changed: true, why: `${what}: nothing is known of a look before` };
  if (last.fingerprint !== fingerprint) return { changed: true, why: `${what}: changed since the last look` };
  const rpo = Math.min(...components.map((component) => component.rpo ?? Number.POSITIVE_INFINITY));
  const age = last.backedUpAt === undefined ? 0 : now - Date.parse(last.backedUpAt);
  if (age >= rpo * 0.8)
    return { changed: true, why: `${what}: unchanged, and its point nears its RPO of ${formatDuration(rpo)}` };
  return { changed: false, why: `${what}: nothing has changed since the last look` };
}

/** SHA-256, hex, over a listing of the component's paths. What a capture would leave out by name is left out here. */
export async function fingerprintOf(
  executor: HostExecutor,
  { paths, exclude }: Pick<FilesComponent, 'paths' | 'exclude'>,
): Promise<string> {
  const byName = exclude.map((pattern) => pattern.replace(/\/$/, '')).filter((pattern) => !pattern.includes('/'));
  const { stdout } = await control(executor, 'fingerprint', [String(byName.length), ...byName, ...paths], {
    inactivity: 50_000,
  });
  const [hash = ''] = stdout.toString('utf8').trim().split(' ');
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new Error(`${executor.name} answered no fingerprint`);
}

function asFiles(component: { name: string; driver: string }): FilesComponent {
  if (component.driver === 'files') return component as FilesComponent;
  throw refusal(
    'NoFingerprint',
    `Whether ${component.name} (${component.driver}) has changed cannot be seen from outside.`,
    'name components of files in the schedule, under backup.components.',
  );
}
