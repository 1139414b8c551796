/** Step `preparePoint`: finds a free id, makes the point's key pair and seals the private key to those who may restore. */

import { z } from 'zod';
import { Refusal, refusal } from '../../domain/errors.ts';
import { layout, nextPointId, pointIdAt, pointIdSchema } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import { newestLogRecord } from '../logs/log-records.ts';
import { defineStep } from '../step.ts';
import { makeGpgKeyPair } from './gpg.ts';
import { makeKeyPair, seal, unseal } from './keys.ts';
import { newestId } from './newest-point.ts';
import type { Prepared } from './prepared.ts';
import { recipientsOf, refuseExpired } from './recipients.ts';
import { loadPinned, sha256Of } from './signer.ts';

const input = z.object({
  service: z.string(),
  /** Whose ids go on: a service's recovery points unless said, or the batches of a log (`service` is then its place). */
  of: z.enum(['points', 'log']).optional(),
  /** The id that was planned; where it is taken, the next free second is used. */
  point: pointIdSchema,
  /** The id is of the moment the step runs, not of the one that was planned: the last of several points of one run. */
  now: z.literal(true).optional(),
  /** Nearest location first; the point is written there. */
  locations: z.array(z.string()).min(1),
});

export const preparePoint = defineStep({
  kind: 'preparePoint',
  version: 1,
  input,
  title: ({ service, point }) => `Prepare recovery point ${point} of ${service}`,
  shell: ({ service, locations: [location] }) => [
    '# a key pair of its own; its private key is sealed to the sites and the offline recipient',
    'POINT=$(date -u +%Y%m%d_%H%M%S); mkdir -m 700 "$POINT"',
    'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$POINT/point.key"',
    `openssl req -x509 -new -key "$POINT/point.key" -sha256 -days 36500 -subj "/CN=${service} $POINT" -out "$POINT/point.crt"`,
    'seal "$POINT/point.key" "$POINT/key-1.cms"',
    `at ${location} aws s3 cp "$POINT/key-1.cms" "$(place ${location})/${layout.archives(service)}$POINT/key-1.cms"`,
  ],
  limits: { startToClose: 60_000, budget: 300_000 },
  /** Out: id, certificate and sealed key. The private key leaves this function only sealed. */
  async run({ service, of, point: planned, now, locations }, context): Promise<Prepared> {
    const point = now ? laterOf(planned, pointIdAt(new Date())) : planned;
    const store = await context.store(locations[0] as string);
    const recipients = await recipientsOf(context.plan, context.planFolder);
    refuseExpired(recipients, new Date());
    const gpg = context.plan.encryption.filter === 'gpg';
    const newest =
      of === 'log'
        ? (await newestLogRecord(store, service, context))?.batch
        : await newestId(store, service, await loadPinned(context.plan, context.planFolder));
    // A clock that was set back must not make the newest point or batch look like an old one.
    const first = newest !== undefined && newest >= point ? nextPointId(newest) : point;
    if (first !== point && newest !== point)
      context.log('the newest one is of a later time than this clock says', { newest, point });
    for (let id = first, tries = 0; tries < 60; id = nextPointId(id), tries += 1) {
      context.heartbeat({ text: `trying ${id}` });
      if (await isTaken(context, service, id, locations)) continue;
      const pair = gpg ? await makeGpgKeyPair(`${service} ${id}`) : await makeKeyPair(`${service} ${id}`);
      const sealed = await seal(pair.privateKey, recipients);
      await proveSealed(context, sealed, pair.privateKey);
      pair.privateKey.fill(0);
      const key = layout.sealedKey(service, id, 1);
      context.assertCurrent();
      // Where it exists, another attempt or another backup has this id: its private key is not ours to use.
      if ((await store.putIfAbsent(key, sealed)).outcome === 'exists') continue;
      return {
        point: id,
        certificate: pair.certificate,
        sealedKey: {
          key,
          sha256: sha256Of(sealed),
          recipients: recipients.map(({ name, sha256 }) => ({ name, sha256 })),
          ...(gpg ? { encryption: 'gpg' as const } : {}),
        },
        location: store.location,
      };
    }
    throw refusal('PointTaken', `The 60 ids from ${first} on are taken.`, 'start the backup again.');
  },
});

const laterOf = (a: string, b: string) => (a > b ? a : b);

/** Is there anything under this id, at any location that answers? The nearest one must answer. */
async function isTaken(context: StepContext, service: string, id: string, locations: string[]): Promise<boolean> {
  const looks = locations.map(async (name, index) => {
    try {
      const store = await context.store(name);
      const [manifest, key] = await Promise.all([
        store.head(layout.manifest(service, id)),
        store.head(layout.sealedKey(service, id, 1)),
      ]);
      return manifest !== undefined || key !== undefined;
    } catch (error) {
      if (index === 0) throw error;
      context.log('a storage location did not answer', { location: name, error: String(error) });
      return false;
    }
  });
  return (await Promise.all(looks)).includes(true);
}

/** A sealed key that nobody can open is noticed now, not in the hour of need: every site key this worker has must open it. */
async function proveSealed(context: StepContext, sealed: Buffer, privateKey: Buffer): Promise<void> {
  for (const [name, site] of Object.entries(context.plan.sites)) {
    let key: string;
    try {
      key = await context.secret(site.key);
    } catch (error) {
      if (error instanceof Refusal && error.type === 'SecretMissing') continue; // Another site's worker has it.
      throw error;
    }
    if ((await unseal(sealed, key, name)).equals(privateKey)) continue;
    throw refusal(
      'KeyMissing',
      `The key of ${name} opens something else.`,
      'check `certificate` and `key` of the site.',
    );
  }
}
