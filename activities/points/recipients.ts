/** To whom the keys of recovery points are sealed: the certificates of the plan, each site's and the offline recipient's. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type Recipient, recipientOf } from './keys.ts';

/** Refusal `KeyMissing` naming the first certificate that is not there or is none. */
export async function recipientsOf(plan: Plan, planFolder: string): Promise<Recipient[]> {
  return await Promise.all(recipientFiles(plan).map(({ name, file }) => readRecipient(name, file, planFolder)));
}

/** Every recipient's name in the plan, and its certificate as the plan has it. */
export function recipientFiles(plan: Plan): { name: string; file: string }[] {
  const sites = Object.entries(plan.sites).map(([name, site]) => ({ name, file: site.certificate.file }));
  return [...sites, { name: 'offline', file: plan.offline.certificate.file }];
}

export async function readRecipient(name: string, file: string, planFolder: string): Promise<Recipient> {
  const path = resolve(planFolder, file);
  const pem = await readFile(path).catch(() => {
    throw refusal(
      'KeyMissing',
      `The certificate ${file} of recipient ${name} cannot be read.`,
      'put it there; nothing is ever backed up without encryption.',
    );
  });
  return recipientOf(name, path, pem);
}

/**
 * An expired certificate is a key that somebody said not to use any more, the offline one no less than a site's: nothing new
 * is sealed to it. Opening what was sealed before goes on. Refusal `KeyExpired`.
 */
export function refuseExpired(recipients: readonly Recipient[], now: Date): void {
  const expired = recipients.filter(({ until }) => until <= now);
  if (expired.length === 0) return;
  const each = expired.map(({ name, file, until }) => `${name} (${file}) on ${until.toISOString().slice(0, 10)}`);
  throw refusal(
    'KeyExpired',
    `The certificate has expired of recipient ${each.join(', of ')}.`,
    'make a new key and certificate, name it in the plan and the old key under previousKeys, then: muster keys rotate SERVICE',
  );
}
