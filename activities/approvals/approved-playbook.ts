/**
 * The playbook of each kind that people approved last, signed, in every storage location: what the next approver is shown
 * the differences to.
 */
import { z } from 'zod';
import { playbookSchema } from '../../domain/playbook/playbook.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { ApprovedCall } from '../../domain/run/protocol.ts';
import type { PinnedSigners, Signer } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { LimitPassed, withLimit } from '../waiting.ts';

const approvedSchema = z.object({
  format: z.literal(1),
  /** When it was let go, ISO, and by whom. */
  at: z.iso.datetime(),
  by: z.array(z.string()),
  /** Of its decisions, hex: the hash that was approved. */
  sha256: z.string(),
  playbook: playbookSchema,
});
export type ApprovedPlaybook = z.infer<typeof approvedSchema>;

/** ms that a location has for it. */
const limit = 5_000;
const mostBytes = 8 * 1024 * 1024;

/** At every location that answers; one that does not is named and left. Safe to repeat. */
export async function keepApproved(
  { at, by, sha256, playbook }: ApprovedCall,
  signer: Signer,
  stores: readonly { readonly location: string; open(): Promise<ObjectStore> }[],
): Promise<{ written: string[]; missed: string[] }> {
  const text = JSON.stringify({ format: 1, at, by, sha256, playbook });
  const signature = signer.sign(Buffer.from(text)).toString('base64');
  const bytes = Buffer.from(`${JSON.stringify({ approved: text, signature })}\n`);
  const written: string[] = [];
  const missed: string[] = [];
  await Promise.all(
    stores.map(async ({ location, open }) => {
      try {
        await withLimit(limit, undefined, async () => (await open()).put(keyOf(playbook), bytes));
        written.push(location);
      } catch (error) {
        missed.push(`${location}: ${error instanceof LimitPassed ? 'no answer' : String(error)}`);
      }
    }),
  );
  return { written, missed };
}

/** The newest that a pinned signer signed; undefined where no location has one or none answers. */
export async function lastApproved(
  kind: Parameters<typeof keyOf>[0],
  stores: readonly ObjectStore[],
  signers: PinnedSigners,
): Promise<ApprovedPlaybook | undefined> {
  const found = await Promise.all(
    stores.map(async (store) => {
      try {
        const { body } = await withLimit(limit, undefined, () => store.get(keyOf(kind), mostBytes));
        const { approved, signature } = JSON.parse(body.toString()) as { approved: string; signature: string };
        if (!signers.signedBy(Buffer.from(approved), Buffer.from(signature, 'base64'))) return [];
        return [approvedSchema.parse(JSON.parse(approved))];
      } catch {
        return [];
      }
    }),
  );
  return found.flat().sort((a, b) => b.at.localeCompare(a.at))[0];
}

function keyOf({
  service,
  procedure,
  from,
  to,
}: {
  service: string;
  procedure: string;
  from: string;
  to: string;
}): string {
  return layout.approved(service, procedure, from, to);
}
