/** Who is told: the receivers of a plan, what each of them hears, and who is told next when nobody answers. */
import { z } from 'zod';
import { type Level, levelOf, levels, type NoticeEvent, noticeEvents } from '../notices/events.ts';
import type { Procedure } from '../playbook/procedures.ts';
import { nameSchema, type SecretRef, secretSchema } from './values.ts';

export const eventSchema = z.enum(Object.keys(noticeEvents) as [NoticeEvent, ...NoticeEvent[]]);
export const levelSchema = z.enum(levels);

const everyone = {
  name: nameSchema,
  /** What it hears at once: these severities, and these events whatever their severity. Neither: everything. */
  severities: z.array(levelSchema).optional(),
  events: z.array(eventSchema).optional(),
};

const slackSchema = z.strictObject({ ...everyone, kind: z.literal('slack'), url: secretSchema });

/** Without `secret` the body alone; with it signed, and told of acknowledgements and ends too. */
const webhookReceiverSchema = z.strictObject({
  ...everyone,
  kind: z.literal('webhook'),
  url: secretSchema,
  secret: secretSchema.optional(),
});

const pagerdutySchema = z.strictObject({
  ...everyone,
  kind: z.literal('pagerduty'),
  routingKey: secretSchema,
  url: z.url({ protocol: /^https?$/ }).default('https://events.pagerduty.com/v2/enqueue'),
});

const addressSchema = z.email({ error: 'this is no e-mail address. Try: oncall@example.com' });

const smtpSchema = z
  .strictObject({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535).optional(),
    /** `starttls` refuses to go on without it; `tls` is encrypted from the first byte. */
    tls: z.enum(['starttls', 'tls', 'none']).default('starttls'),
    /** PEM of an authority of your own; the system's where absent. */
    ca: secretSchema.optional(),
    user: z.string().min(1).optional(),
    password: secretSchema.optional(),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    error: 'user and password belong together. Try: both, or neither',
  })
  .refine(({ tls, password }) => tls !== 'none' || password === undefined, {
    error: 'a password would go over the network in the clear. Try: tls: starttls',
  });

const emailSchema = z.strictObject({
  ...everyone,
  kind: z.literal('email'),
  from: addressSchema,
  to: z.array(addressSchema).min(1),
  smtp: smtpSchema,
});

export const noticesSchema = z
  .array(z.discriminatedUnion('kind', [slackSchema, webhookReceiverSchema, pagerdutySchema, emailSchema]))
  .default([]);
export type NoticeReceiver = z.output<typeof noticesSchema>[number];
export type SlackReceiver = z.output<typeof slackSchema>;
export type WebhookReceiver = z.output<typeof webhookReceiverSchema>;
export type PagerdutyReceiver = z.output<typeof pagerdutySchema>;
export type EmailReceiver = z.output<typeof emailSchema>;

/** What decides who hears a notice. */
export interface Hearable {
  readonly event: string;
  readonly severity: 'info' | 'warning' | 'danger';
  readonly procedure?: Procedure;
  readonly level?: Level;
  readonly matter?: string;
  readonly change?: 'acknowledged' | 'resolved';
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

/** The receivers that hear it now, in the plan's order. */
export function receiversOf(receivers: readonly NoticeReceiver[], notice: Hearable): NoticeReceiver[] {
  const level = notice.level ?? levelOf(notice);
  return receivers.filter((receiver) => {
    if (notice.except?.includes(receiver.name)) return false;
    if (!canHear(receiver, notice)) return false;
    return notice.only ? notice.only.includes(receiver.name) : hearsAtOnce(receiver, notice.event, level);
  });
}

function hearsAtOnce({ severities, events }: NoticeReceiver, event: string, level: Level): boolean {
  if (severities === undefined && events === undefined) return true;
  return severities?.includes(level) === true || (events as readonly string[] | undefined)?.includes(event) === true;
}

/** PagerDuty has incidents, and a notice that asks for nobody is none; who keeps no incidents has nothing to close. */
function canHear(receiver: NoticeReceiver, { matter, change }: Hearable): boolean {
  if (receiver.kind === 'pagerduty') return matter !== undefined;
  return change === undefined || (receiver.kind === 'webhook' && receiver.secret !== undefined);
}

/** Every secret of a receiver, with where it stands in it. */
export function secretsOfReceiver(receiver: NoticeReceiver): [path: string, ref: SecretRef][] {
  switch (receiver.kind) {
    case 'slack':
      return [['url', receiver.url]];
    case 'webhook':
      return [['url', receiver.url], ...(receiver.secret ? [['secret', receiver.secret] as [string, SecretRef]] : [])];
    case 'pagerduty':
      return [['routingKey', receiver.routingKey]];
    case 'email': {
      const { ca, password } = receiver.smtp;
      return Object.entries({ ca, password }).flatMap(([name, ref]) => (ref ? [[`smtp.${name}`, ref]] : []));
    }
  }
}
