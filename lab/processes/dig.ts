/** Whether a DNS server answers at all; any answer counts, also that there is no such name. */
import { Resolver } from 'node:dns/promises';

const answers = new Set([undefined, 'ENOTFOUND', 'ENODATA', 'EREFUSED', 'ESERVFAIL']);

export async function digs(server: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([server]);
  const code = await resolver.resolve4('lab.invalid').then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
  return answers.has(code);
}
