/** Sees that a host is reachable with its pinned key and has what host jobs need. */
import { z } from 'zod';
import { hostSchema } from '../../domain/host.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { hostFacts, lackingPrerequisites } from './host-facts.ts';

const inputSchema = z.object({
  host: hostSchema,
  /** Bytes that must be free, by path. */
  free: z.record(z.string(), z.number().nonnegative()).default({}),
});
type Input = z.output<typeof inputSchema>;

/** Output: hostname, versions of the tools, free bytes, clock difference in ms. Refusal `HostPrerequisite`. */
export const checkHost = defineStep({
  kind: 'checkHost',
  version: 1,
  changes: false,
  input: inputSchema,
  title: ({ host }) => `Check host ${host.name}: SSH with its known key, tools, space, clock`,
  shell: ({ host }) => [
    `ssh -o StrictHostKeyChecking=yes -p ${host.ssh.port} ${host.ssh.user}@${host.address} 'for t in bash tar zstd openssl curl xargs flock; do command -v $t || echo "$t is missing"; done; openssl version; df -h; date -u'`,
  ],
  limits: { startToClose: 60_000 },
  async check(input, context) {
    const { lacking } = await look(input, context);
    const why = lacking.map(({ message }) => message).join(' ');
    return why ? { state: 'blocked', why } : { state: 'ready', what: 'reachable, and has what is needed' };
  },
  async run(input, context) {
    const { facts, lacking } = await look(input, context);
    if (lacking[0]) throw lacking[0];
    const { hostname, tools, free, clockAhead } = facts;
    return { hostname, tools, free, clockAhead: Math.round(clockAhead) };
  },
});

async function look({ host, free }: Input, context: StepContext) {
  const executor = await context.host(host);
  context.heartbeat({ text: `asking ${host.name}` });
  const facts = await hostFacts(executor, Object.keys(free), { signal: context.signal });
  return { facts, lacking: lackingPrerequisites(facts, host.name, { free }) };
}
