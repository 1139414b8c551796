/** Driver `redis`: a snapshot of the whole server; the server is stopped, its files are put aside, and it starts on the snapshot. */
import { z } from 'zod';
import type { RedisComponent } from '../../domain/plan/component.ts';
import type { ComponentDriver, RestoreOptions, Secrets } from '../archives/driver.ts';
import { helpers, lines, nulList, partFiles, script } from '../archives/job-files.ts';
import { compareAnswers, recorded } from './answers.ts';

const detailsSchema = z.object({
  version: z.string(),
  dir: z.string(),
  dbfilename: z.string(),
  appendonly: z.string(),
  appenddirname: z.string(),
  appendfilename: z.string(),
});
const summarySchema = z.object({ type: z.literal('summary'), server: detailsSchema });

export const redis: ComponentDriver<RedisComponent> = {
  async capture(component, { secret }) {
    return {
      script: script('databases', 'capture-redis'),
      params: {
        ...(await shared(component)),
        checks: nulList(component.checks.flatMap(({ name, query }) => [name, query])),
      },
      secrets: await authSecrets(component, secret),
    };
  },

  facts(component, results) {
    const summary = results.flatMap((line) => summarySchema.safeParse(line).data ?? [])[0];
    return { details: detailsSchema.parse(summary?.server), checks: recorded(component.checks, results) };
  },

  async restore(component, record, options) {
    const { version, dir, dbfilename, appendonly, appenddirname, appendfilename } = detailsSchema.parse(record.details);
    return {
      script: script('databases', 'restore-redis'),
      params: {
        ...(await change(component, options)),
        server: version,
        place: lines([dir, dbfilename, appendonly, appenddirname, appendfilename]),
        bytes: String(record.bytes),
        checks: nulList(record.checks.flatMap(({ name, query, value }) => [name, query, value])),
      },
      secrets: await authSecrets(component, options.secret),
    };
  },

  async undo(component, options) {
    return {
      script: script('databases', 'undo-redis'),
      params: await change(component, options),
      secrets: await authSecrets(component, options.secret),
    };
  },

  async verify(component, record, _finishedAt, { secret } = {}) {
    return {
      needsKey: false,
      script: script('databases', 'verify-redis'),
      params: {
        ...(await shared(component)),
        checks: nulList(record.checks.flatMap(({ name, query }) => [name, query])),
      },
      secrets: await authSecrets(component, secret),
    };
  },

  judge: (component, record, results) => compareAnswers(component.name, record, results),
};

async function shared({ socket, port }: RedisComponent): Promise<Record<string, string>> {
  return {
    ...(await helpers('archives', ...partFiles)),
    ...(await helpers('databases', 'checks.sh', 'redis.sh')),
    socket: socket ?? '',
    port: String(port),
  };
}

/** What a restore and its undo must say alike: whose change it is, where to, and how the server stops and starts. */
async function change(
  component: RedisComponent,
  { point, run, into }: RestoreOptions,
): Promise<Record<string, string>> {
  const { name, start, stop } = component;
  return { ...(await shared(component)), start, stop: stop ?? '', point, run, component: name, into: into ?? '' };
}

/** The command that redis-cli reads from its standard input first; each byte escaped, so that any password will do. */
async function authSecrets({ account }: RedisComponent, secret?: Secrets): Promise<Record<string, string>> {
  if (!account || !secret) return {};
  const word = (text: string) =>
    `"${Buffer.from(text)
      .toString('hex')
      .replaceAll(/../g, (hex) => `\\x${hex}`)}"`;
  return { auth: `AUTH ${word(account.user)} ${word(await secret(account.password))}` };
}
