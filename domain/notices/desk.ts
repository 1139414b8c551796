/** `<service>/notices`: where a run leaves what people were told and nobody has dealt with when it ends. */
import { z } from 'zod';
import { noticePolicySchema } from '../plan/escalation.ts';
import { nameSchema } from '../plan/values.ts';
import { procedures } from '../playbook/procedures.ts';
import type { NoticeCall } from '../run/protocol.ts';
import { type Matter, matterSchema } from './escalation.ts';

export function noticeDeskId(service: string): string {
  return `${service}/notices`;
}

const callSchema = z.custom<NoticeCall>((value) => z.looseObject({ event: z.string() }).safeParse(value).success);

/** What is left to it: matters with who is still to be told, and notices that a receiver has not taken yet. */
export const deskSchema = z.object({
  service: nameSchema,
  policy: noticePolicySchema.optional(),
  open: z.array(matterSchema).default([]),
  /** `why` where the others have not heard of it yet. */
  unsent: z.array(z.object({ call: callSchema, why: z.string().optional() })).default([]),
});
export type Desk = z.output<typeof deskSchema>;

/** A run of this procedure is done, and how one before it ended is no matter any more; or what no run told is mended. */
export const settledSchema = z.union([
  z.object({ procedure: z.enum(procedures) }),
  z.object({ matter: z.string().min(1) }),
]);
export type Settled = z.output<typeof settledSchema>;

export interface DeskStatus {
  readonly service: string;
  readonly open: readonly Matter[];
  /** Notices that are being tried again. */
  readonly unsent: number;
}
