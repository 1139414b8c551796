/** Opens a point's private key with those of a site, from whichever envelope and location gives it. */
import { refusal } from '../../domain/errors.ts';
import type { ObjectStore } from '../storage/store.ts';
import { envelopesAt, type NamedKey, readEnvelope } from './envelopes.ts';
import type { PinnedSigners } from './signer.ts';
import { type SiteKeys, unsealWith } from './site-keys.ts';

/**
 * The newest envelope that opens, at the nearest location that has one. What is changed or absent there is looked for at the
 * next. Refusal `KeyMissing` when nothing opens; a fault of a location only where no other helps.
 */
export async function openPointKey(
  named: NamedKey,
  service: string,
  stores: readonly ObjectStore[],
  signers: PinnedSigners,
  keys: SiteKeys,
): Promise<Buffer> {
  const troubles: unknown[] = [];
  const tried = new Set<string>();
  for (const store of stores) {
    try {
      for (const envelope of (await envelopesAt(store, service, named, signers)).envelopes) {
        if (tried.has(envelope.sha256)) continue; // The same bytes did not open at a nearer location.
        const bytes = await readEnvelope(store, envelope);
        if (bytes === undefined) {
          const fact = `${envelope.key} at ${store.location} was changed.`;
          troubles.push(refusal('KeyMissing', fact, 'use the copy at another location.'));
          continue;
        }
        tried.add(envelope.sha256);
        try {
          return await unsealWith(bytes, keys);
        } catch (error) {
          troubles.push(error);
        }
      }
    } catch (error) {
      troubles.push(error);
    }
  }
  const none = refusal(
    'KeyMissing',
    `No location has a sealed key of ${named.point}.`,
    'bring a copy of it back to one of the locations, or use another recovery point.',
  );
  throw troubles.find(passing) ?? troubles[0] ?? none;
}

/** A location that did not answer may hold the envelope that opens: worth another try. */
function passing(trouble: unknown): boolean {
  return !(trouble instanceof Error && trouble.name === 'Refusal');
}
