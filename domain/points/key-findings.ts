/** What is wrong with keys, and what is soon to be: pure, from what was seen. */
import { formatDuration } from '../duration.ts';
import type { SealedTo } from './sealed-key.ts';

export interface CertificateSeen {
  readonly name: string;
  readonly file: string;
  readonly certificate?: { readonly sha256: string; readonly since: Date; readonly until: Date };
  readonly trouble?: string;
  readonly privateKey: 'matches' | 'another key' | 'not here';
}

export interface KeyFindings {
  /** Backups fail, or points do not open, until these are mended. */
  readonly wrong: string[];
  /** Due, or known to be so for a while. */
  readonly due: string[];
}

/** A certificate that ends within this time is named, ms. */
const soon = 30 * 86_400_000;

export function certificateFindings(seen: readonly CertificateSeen[], rotateAfter: number, now: Date): KeyFindings {
  const wrong: string[] = [];
  const due: string[] = [];
  for (const { name, file, certificate, trouble, privateKey } of seen) {
    if (!certificate) {
      wrong.push(trouble ?? `${file} cannot be read.`);
      continue;
    }
    const { since, until } = certificate;
    const age = now.getTime() - since.getTime();
    if (until <= now) wrong.push(`${name}: the certificate expired on ${day(until)}; backups fail.`);
    else if (until.getTime() - now.getTime() < soon)
      due.push(`${name}: the certificate expires on ${day(until)}; backups fail from then on.`);
    if (age > rotateAfter)
      due.push(`${name}: the key is ${formatDuration(age)} old and due for rotation (${formatDuration(rotateAfter)}).`);
    if (privateKey === 'another key') wrong.push(`${name}: the private key here is not that of ${file}.`);
  }
  return { wrong, due };
}

/** Points that are not sealed to exactly the recipients of the plan. */
export function sealedFindings(
  points: readonly { point: string; log?: string; location: string; recipients: readonly SealedTo[] }[],
  recipients: readonly SealedTo[],
): string[] {
  return points.flatMap(({ point: id, log, location, recipients: has }) => {
    const point = log ? `log ${id} of ${log}` : id;
    if (has.length === 0) return [`${point} at ${location}: there is no sealed key; nobody can open it there.`];
    const missing = recipients.filter(({ sha256 }) => !has.some((each) => each.sha256 === sha256));
    const more = has.filter(({ sha256 }) => !recipients.some((each) => each.sha256 === sha256));
    const facts = [
      missing.length > 0 ? `not sealed to ${missing.map(({ name }) => name).join(', ')} of the plan` : '',
      more.length > 0
        ? `sealed to ${more.map(({ name, sha256 }) => `${name} ${sha256.slice(0, 16)}`).join(', ')}, who is not in the plan`
        : '',
    ].filter(Boolean);
    return facts.length > 0 ? [`${point} at ${location}: ${facts.join('; ')}.`] : [];
  });
}

/** The keys of a plan with one overlay, or with none. */
export interface EnvironmentKeys {
  /** Name of the overlay; `the plan itself` without one. */
  readonly name: string;
  /** Where its points lie: plans that have the same are one environment. */
  readonly places: readonly string[];
  /** Fingerprints, or names of files that cannot be read here. */
  readonly keys: readonly { readonly what: string; readonly id: string }[];
}

/** Environments that keep their points apart and could still open each other's, or sign for each other. */
export function sharedKeys(environments: readonly EnvironmentKeys[]): string[] {
  return environments.flatMap((one, index) =>
    environments.slice(index + 1).flatMap((other) => {
      if (one.places.some((place) => other.places.includes(place))) return [];
      const same = one.keys.filter(({ id }) => other.keys.some((each) => each.id === id));
      return same.map(({ what }) => `${one.name} and ${other.name} are apart and share the key of ${what}.`);
    }),
  );
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}
