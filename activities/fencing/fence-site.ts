/**
 * Fences a site: the plan's methods in their order, until one has done it and a write that is tried afterwards fails.
 *
 * A site that does not answer is an outcome of this step and not a failure: the gate behind it asks a person.
 */
import {
  type FenceSiteInput,
  type FenceSiteOutput,
  type FenceTry,
  fenceSiteSchema,
} from '../../domain/fencing/fencing.ts';
import type { StepContext } from '../context.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';
import { hostsNow, type SeenHost } from './hosts.ts';
import { fenceBy } from './methods.ts';
import { assertOtherServes } from './never-all-off.ts';
import { noteSite } from './note-site.ts';
import { putSiteBack } from './put-back.ts';
import { tryWrite } from './try-write.ts';

export const fenceSite = defineStep<typeof fenceSiteSchema, FenceSiteOutput>({
  kind: 'fenceSite',
  version: 1,
  input: fenceSiteSchema,
  title: ({ site, methods, demand }) =>
    `Fence ${site} by ${methods.join(', ')}${demand === 'proven' ? ', proven by a write' : ''}`,
  shell: (input) => input.methods.flatMap((method) => shells[method](input)),
  limits: { startToClose: 300_000 },
  async run(input, context) {
    await assertOtherServes(input.site, input.other, context);
    const tried: FenceTry[] = [];
    for (const method of input.methods) {
      context.heartbeat({ text: `${input.site}: ${method}` });
      const done = await fenceBy(method, input, context);
      if (done.outcome !== 'fenced') {
        tried.push(done);
        continue;
      }
      const judged = await judge(done, input, context);
      tried.push(judged);
      if (judged.outcome === 'fenced')
        return { outcome: 'fenced', why: `${method}: ${judged.why}`, proven: judged.proven, tried };
    }
    const outcome = tried.every((each) => each.outcome === 'unreachable') ? 'unreachable' : 'refused';
    const why = tried.map((each) => `${each.method} ${each.outcome}: ${each.why}`).join('; ');
    return { outcome, why, proven: false, tried };
  },
  before: noteSite,
  undo: putSiteBack,
});

/** A method that has done its work is believed when a write fails; when none can be tried, as far as the plan demands. */
async function judge(
  done: FenceTry,
  input: FenceSiteInput,
  context: StepContext,
): Promise<FenceTry & { readonly proven: boolean }> {
  const hosts = await hostsNow(input, context).catch((): SeenHost[] => []);
  context.signal.throwIfAborted();
  const { verdict, why } = await tryWrite(triedAfter(done.method, input), hosts, context);
  if (verdict === 'accepts')
    return { ...done, outcome: 'refused', proven: false, why: `${done.why}, and writes are still taken: ${why}` };
  // EC2 says that its hosts are off, and nobody answers: that is no cut between here and there. Security groups are not so: connections
  // that were open may go on.
  const proven = verdict === 'refuses' || (verdict === 'silent' && done.method === 'instances');
  if (proven) return { ...done, proven, why: `${done.why}; a write fails: ${why}` };
  if (input.demand === 'any') return { ...done, proven, why: `${done.why}; not proven: ${why}` };
  return { ...done, outcome: 'refused', proven, why: `${done.why}, but that is not proven: ${why}` };
}

/** Of a service that was stopped, its own writes say more than its database, which others may still use. */
function triedAfter(method: FenceTry['method'], input: FenceSiteInput): FenceSiteInput {
  return method === 'service' && input.canary ? { ...input, databases: [] } : input;
}

const shells: Record<FenceSiteInput['methods'][number], (input: FenceSiteInput) => string[]> = {
  instances: ({ region, groups }) =>
    Object.entries(groups).flatMap(([group, selector]) => {
      if (!('tags' in selector)) return [`# ${group} (${selector.addresses.join(', ')}): no EC2 instances`];
      const filters = Object.entries(selector.tags).map(([key, value]) =>
        shellQuote(`Name=tag:${key},Values=${value}`),
      );
      return [
        `ids=$(aws ec2 describe-instances --region ${region} --filters ${filters.join(' ')} --query 'Reservations[].Instances[].InstanceId' --output text)`,
        `aws ec2 stop-instances --region ${region} --instance-ids $ids`,
      ];
    }),
  network: ({ region, isolation }) => [
    `# note the groups first: aws ec2 describe-instances --region ${region} --query 'Reservations[].Instances[].[InstanceId,SecurityGroups]'`,
    `for id in $ids; do aws ec2 modify-instance-attribute --region ${region} --instance-id "$id" --groups ${isolation ?? 'GROUP'}; done`,
  ],
  service: ({ ssh, control }) => [`ssh -p ${ssh.port} ${ssh.user}@HOST_OF_${control.host} ${shellQuote(control.stop)}`],
  database: ({ ssh, databases, notClosable }) => [
    ...notClosable.map(({ component, why }) => `# ${component} is not closed so: ${why}`),
    ...databases.map(({ driver, database, group, systemUser, at }) => {
      const command =
        driver === 'postgresql'
          ? `sudo -u ${systemUser} psql -p ${at} -c 'ALTER SYSTEM SET default_transaction_read_only = on' -c 'SELECT pg_reload_conf()' -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'"`
          : `sudo -u ${systemUser} mariadb -S ${at} -e 'SET GLOBAL read_only = 1'`;
      return `ssh -p ${ssh.port} ${ssh.user}@HOST_OF_${group} ${shellQuote(command)}`;
    }),
  ],
};
