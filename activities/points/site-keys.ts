/** The private keys of a site, as far as this worker has them. */
import { Refusal, refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { unseal } from './keys.ts';

export interface SiteKeys {
  readonly site: string;
  /** The present key first, then those before it. PEM. */
  readonly keys: readonly string[];
}

/** Refusals `KeyMissing` for a site that is not in the plan, `SecretMissing` when none of its keys can be read here. */
export async function loadSiteKeys(
  plan: Plan,
  siteName: string,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<SiteKeys> {
  const site = plan.sites[siteName];
  if (!site) throw refusal('KeyMissing', `The plan has no site ${siteName}.`, 'correct the plan.');
  const keys: string[] = [];
  const missing: Refusal[] = [];
  for (const ref of [site.key, ...site.previousKeys]) {
    try {
      keys.push(await secret(ref));
    } catch (error) {
      if (!(error instanceof Refusal && error.type === 'SecretMissing')) throw error;
      missing.push(error);
    }
  }
  if (keys.length === 0) throw missing[0];
  return { site: siteName, keys };
}

/** Opens an envelope with the first of the keys that does. Refusal `KeyMissing` when none does. */
export async function unsealWith(envelope: Buffer, { site, keys }: SiteKeys): Promise<Buffer> {
  let last: unknown;
  for (const key of keys) {
    try {
      return await unseal(envelope, key, site);
    } catch (error) {
      if (!(error instanceof Refusal && error.type === 'KeyMissing')) throw error;
      last = error;
    }
  }
  throw last;
}
