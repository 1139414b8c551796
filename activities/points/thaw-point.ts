/** Step `thawPoint`: asks archival storage for the parts that a restore needs, and waits until they can be read. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { pinnedPoint } from '../archives/component-input.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { waitFor } from '../waiting.ts';
import { coldKeys } from './cold-parts.ts';
import { mapLimited } from './map-limited.ts';
import { readManifest } from './read-manifest.ts';
import { loadPinned } from './signer.ts';

const inputSchema = z.object({
  service: z.string(),
  point: pinnedPoint,
  components: z.array(z.string()).min(1),
  location: z.string(),
  /** Days for which what was thawed stays readable. */
  days: z.number().int().positive().default(3),
  /** ms to wait at most. */
  within: z.number().int().positive(),
});

/** Output: `{ outcome, parts }`. Refusals of `readManifest`, `CannotThaw`. */
export const thawPoint = defineStep({
  kind: 'thawPoint',
  version: 1,
  input: inputSchema,
  title: ({ point, location }) => `Thaw what ${point.id} has in cold storage at ${location}`,
  shell: ({ service, point, location, days }) => [
    `# for every part of ${service}/archives/ that the manifest of ${point.id} names, at ${location}`,
    `aws s3api restore-object --bucket BUCKET --key KEY --restore-request 'Days=${days},GlacierJobParameters={Tier=Standard}'`,
    '# until head-object says ongoing-request="false"',
  ],
  async check(input, context) {
    const { keys } = await look(input, context);
    return keys.length === 0
      ? { state: 'done', what: 'nothing is cold' }
      : { state: 'ready', what: `${keys.length} parts are cold` };
  },
  async run(input, context) {
    const { location, days, within } = input;
    const { store, keys } = await look(input, context);
    const { thaw } = store;
    if (keys.length > 0 && !thaw) {
      throw refusal(
        'CannotThaw',
        `${location} cannot be asked to thaw.`,
        'thaw the parts by hand, then retry this step.',
      );
    }
    let left = keys;
    const thawed = await waitFor({ within, every: 1_000, atMost: 60_000, signal: context.signal }, async () => {
      context.assertCurrent();
      const states = await mapLimited(left, 16, async (key) => ({ key, state: await thaw?.(key, days) }));
      left = states.flatMap(({ key, state }) => (state === 'thawed' ? [] : [key]));
      const done = keys.length - left.length;
      context.heartbeat({ text: `${done} of ${keys.length} parts thawed`, done: done / Math.max(1, keys.length) });
      return left.length === 0 ? true : undefined;
    });
    if (!thawed) throw new Error(`${left.length} of ${keys.length} parts are not thawed yet`);
    return { outcome: keys.length === 0 ? 'nothing is cold' : `${keys.length} parts can be read`, parts: keys.length };
  },
});

async function look({ service, point, components, location }: z.output<typeof inputSchema>, context: StepContext) {
  const store = await context.store(location);
  const signers = await loadPinned(context.plan, context.planFolder);
  const { manifest } = await readManifest([store], service, point, signers);
  return { store, keys: await coldKeys(store, manifest, components) };
}
