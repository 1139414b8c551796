/** Step `prepareHost`: makes a bare host ready for a restore: packages, groups and users that the plan names, nothing else. */
import { z } from 'zod';
import { hostSchema } from '../../domain/host.ts';
import { bareSchema } from '../../domain/plan/bare.ts';
import { defineStep } from '../step.ts';
import { runHostJob } from './run-job.ts';
import { shellQuote } from './shell-quote.ts';

const inputSchema = z.object({
  host: hostSchema,
  bare: bareSchema.valueType,
  /** What a restore will put there: a host on which one of them is there is not bare. */
  places: z.array(z.string()),
  /** Go on where something is there. */
  anyway: z.boolean().default(false),
});

const lineSchema = z.object({ type: z.literal('made'), what: z.string() });

/** Output: `{ outcome, made }`. Refusals `NotBare`, `NoPackageManager`, `PackagesFailed`, `UserFailed`. */
export const prepareHost = defineStep({
  kind: 'prepareHost',
  version: 1,
  input: inputSchema,
  title: ({ host }) => `Make the bare host ${host.name} ready: packages, users`,
  shell: ({ host, bare }) => [
    `ssh ${shellQuote(`${host.ssh.user}@${host.address}`)}`,
    ...(bare.packages.length > 0
      ? [`apt-get install -y ${bare.packages.map((name) => shellQuote(name)).join(' ')}`]
      : []),
    ...bare.users.map(
      ({ name, group = name, home, shell }) =>
        `getent group ${group} || groupadd --system ${group}; id ${name} || useradd --system --gid ${group} --home-dir ${shellQuote(home)} --shell ${shellQuote(shell)} ${name}`,
    ),
  ],
  limits: { startToClose: 1_800_000 },
  async run({ host, bare, places, anyway }, context) {
    const { results } = await runHostJob(context, await context.host(host), {
      script: 'prepare-host',
      params: {
        places: list(anyway ? [] : places),
        packages: list(bare.packages),
        users: list(
          bare.users.flatMap(({ name, group = name, uid, home, shell }) => [
            name,
            group,
            String(uid ?? ''),
            home,
            shell,
          ]),
        ),
      },
    });
    const made = results.flatMap((line) => lineSchema.safeParse(line).data?.what ?? []);
    return { outcome: made.length > 0 ? `made ${made.join(', ')}` : 'all was there', made };
  },
});

const list = (items: readonly string[]) => items.map((item) => `${item}\0`).join('');
