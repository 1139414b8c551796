/**
 * Step `verifyPoints`: reads recovery points where they lie and compares them with their manifests, without any key of a site. What is bad is
 * put back from a location that has it; what is good nowhere is quarantined, and a new backup is asked for.
 */
import { z } from 'zod';
import { refusal } from '../../../domain/errors.ts';
import { layout, pointIdSchema } from '../../../domain/points/recovery-point.ts';
import type { Finding, Verification } from '../../../domain/points/verification.ts';
import { defineStep } from '../../step.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { pointIdsAt } from '../list-points.ts';
import { loadPinned } from '../signer.ts';
import type { ObjectsProgress } from './check-objects.ts';
import { openAnswering } from './locations.ts';
import { progressTeller } from './progress.ts';
import { type Resume, resumed } from './resume.ts';
import { quarantineSharers } from './sharers.ts';
import { outputOfLooks } from './summary.ts';
import { verifyPoint } from './verify-point.ts';

const input = z.object({
  service: z.string(),
  /** An id, the newest one, or every one. */
  points: z.union([pointIdSchema, z.enum(['newest', 'all'])]),
  /** Nearest first; good copies are taken from any of them. */
  locations: z.array(z.string()).min(1),
  /** Those that are looked at; all of them where absent. */
  only: z.array(z.string()).min(1).optional(),
  /** Days within which every part is read once; every part today where absent. */
  days: z.number().int().positive().optional(),
});

/** Findings and notes in the output at most. */
const most = 200;

export const verifyPoints = defineStep({
  kind: 'verifyPoints',
  version: 1,
  input,
  title: ({ points, only, service }) => {
    const what =
      points === 'all'
        ? 'every recovery point'
        : points === 'newest'
          ? 'the newest recovery point'
          : `recovery point ${points}`;
    return `Verify ${what} of ${service}${only ? ` at ${only.join(', ')}` : ''}`;
  },
  shell: ({ service, points, locations }) => [
    `# at each of ${locations.join(', ')}, for ${points}:`,
    `openssl pkeyutl -verify -pubin -inkey signer.pub -rawin -in manifest.json -sigfile manifest.json.sig`,
    `# every key, hash and size that the manifest of ${layout.points(service)}<id>/ names:`,
    `jq -r '.components[] | (.archives[].parts[], .index.parts[]?) | "\\(.sha256)  \\(.key)"' manifest.json | sha256sum -c`,
  ],
  limits: { startToClose: 12 * 3_600_000 },
  /** Refusal `PointNotFound`. A location that does not answer is said so; a fault only where none does. */
  async run({ service, points, locations, only, days }, context): Promise<Verification> {
    const { stores, silent } = await openAnswering(locations, service, context);
    const signers = await loadPinned(context.plan, context.planFolder);
    const names = stores.map(({ location }) => location);
    const checked = names.filter((name) => !only || only.includes(name));
    let state = resumed(context.resumeFrom, names);
    const every = await idsOf(stores, service);
    const ids = every.filter((id) => points === 'newest' || points === 'all' || id === points);
    const tell = progressTeller(context, points === 'all' ? ids.length : 1);
    const seen = new Set<string>();
    for (const id of ids) {
      if (state.done.includes(id)) continue;
      if (points === 'newest' && state.points > 0) break;
      const say = (current?: ObjectsProgress) => {
        tell.progress({ ...state, ...(current ? { current: { id, progress: current } } : {}) });
      };
      const task = {
        ...{ service, stores, checked, signers, seen },
        ...(days ? { rotation: { days, today: state.today } } : {}),
        onRead: tell.read,
        onProgress: say,
      };
      say();
      const from = state.current?.id === id ? state.current.progress : undefined;
      const verdict = await verifyPoint(id, task, context, from);
      if (verdict && verdict.lostKeys.length > 0 && points !== 'all') {
        const others = await quarantineSharers(id, verdict.lostKeys, every, task, context);
        state = { ...state, quarantined: [...state.quarantined, ...others] };
      }
      state = after(state, id, verdict);
      say();
    }
    if (state.points === 0) throw nothingThere(service, points, locations);
    return outputOfLooks(state, silent, context.plan, service);
  },
});

type Verdict = Awaited<ReturnType<typeof verifyPoint>>;

function after(state: Resume, id: string, verdict: Verdict): Resume {
  const { current: _, ...rest } = state;
  if (!verdict) return { ...rest, done: [...state.done, id] };
  const isPoint = verdict.looks.some((look) => look.state !== 'not believed') || verdict.lost.length > 0;
  const findings: Finding[] = [...state.findings, ...verdict.findings];
  return {
    ...rest,
    done: [...state.done, id],
    points: state.points + (isPoint ? 1 : 0),
    looks: [...state.looks, ...verdict.looks].slice(0, 2 * most),
    findings: findings.slice(0, most),
    findingsLeftOut: state.findingsLeftOut + Math.max(0, findings.length - most),
    quarantined:
      verdict.lost.length > 0 ? [...state.quarantined, { point: id, lost: [...verdict.lost] }] : state.quarantined,
    released: verdict.released ? [...state.released, id] : state.released,
    notes: [...state.notes, ...verdict.notes].slice(0, most),
  };
}

/** Newest first, from every location. */
async function idsOf(stores: readonly ObjectStore[], service: string): Promise<string[]> {
  const ids = await Promise.all(stores.map((store) => pointIdsAt(store, service)));
  return [...new Set(ids.flat())].sort().reverse();
}

function nothingThere(service: string, points: string, locations: readonly string[]) {
  const what = points === 'all' || points === 'newest' ? 'no recovery point' : `no recovery point ${points}`;
  return refusal('PointNotFound', `${locations.join(', ')}: ${what} of ${service}.`, '`muster points` lists them.');
}
