/** To whom the keys of a point are sealed, as is said of them and as the envelopes themselves say, against the plan. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Plan } from '../../../domain/plan/plan.ts';
import type { Envelope } from '../envelopes.ts';
import { openssl } from '../openssl.ts';
import { recipientsOf } from '../recipients.ts';

export interface KnownRecipients {
  /** SHA-256 of the certificates of the plan, hex. */
  readonly fingerprints: ReadonlySet<string>;
  /** Their serial numbers, hex, as an envelope names them. */
  readonly serials: ReadonlySet<string>;
}

export async function knownRecipients(plan: Plan, planFolder: string): Promise<KnownRecipients> {
  const recipients = await recipientsOf(plan, planFolder);
  const serials = recipients.map(async ({ file }) => plain(new X509Certificate(await readFile(file)).serialNumber));
  return {
    fingerprints: new Set(recipients.map(({ sha256 }) => sha256)),
    serials: new Set(await Promise.all(serials)),
  };
}

/** `RecipientUnknown: …` for each recipient that is not in the plan; empty when all is well. */
export async function strangersOf(
  envelopes: readonly Envelope[],
  known: KnownRecipients,
  bytesOf: (envelope: Envelope) => Promise<Buffer | undefined>,
): Promise<string[]> {
  const notes: string[] = [];
  for (const envelope of envelopes) {
    const unknown = envelope.recipients.filter(({ sha256 }) => !known.fingerprints.has(sha256));
    for (const { name, sha256 } of unknown) {
      notes.push(strange(envelope, `${name} with the certificate ${sha256.slice(0, 16)}…, which is not in the plan`));
    }
    const bytes = await bytesOf(envelope);
    if (!bytes || unknown.length > 0) continue;
    const serials = (await serialsIn(bytes)).filter((serial) => !known.serials.has(serial));
    for (const serial of serials) {
      notes.push(strange(envelope, `somebody of whom nothing was said (serial ${serial}), and who is not in the plan`));
    }
  }
  return notes;
}

const strange = ({ key }: Envelope, whom: string) =>
  `RecipientUnknown: ${key} is sealed to ${whom}. muster keys rotate --drop-old seals it to those of the plan alone.`;

/** Serial numbers of the certificates that an envelope is sealed to. */
async function serialsIn(envelope: Buffer): Promise<string[]> {
  const flags = ['cms', '-cmsout', '-print', '-noout', '-inform', 'DER'];
  const text = (await openssl(flags, { stdin: envelope })).toString();
  return [...text.matchAll(/serialNumber:\s*(?:0x([0-9A-Fa-f]+)|(\d+))/g)].map(([, hex, decimal = '0']) =>
    plain(hex ?? BigInt(decimal).toString(16)),
  );
}

const plain = (serial: string) => serial.toLowerCase().replace(/^0+/, '');
