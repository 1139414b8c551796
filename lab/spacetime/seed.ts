/**
 * Installs SpaceTime in the primary region: files on the app host, rows on the database host, service started.
 *
 *   node lab/spacetime/seed.ts [--files 20000] [--megabytes 150] [--rows 50000] [--region us-east-1]
 *
 * As a program it runs inside the lab's network, with MUSTER_SSH_KEY and MUSTER_KNOWN_HOSTS set, takes the password
 * from SPACETIME_DATABASE_PASSWORD, and prints JSON.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { hosts } from '../layout.ts';
import type { Generated } from './generate.ts';
import { seedApp } from './seed-app.ts';
import { seedDatabase } from './seed-database.ts';
import { type HostShell, sshShell } from './shell.ts';

export type SpacetimeSeed = {
  /** Root shells of the two hosts of one region, which must be on. */
  app: HostShell;
  db: HostShell;
  /** Data files; default 20,000. */
  files?: number;
  /** Their size together; default 150. */
  megabytes?: number;
  /** Rows of the largest table; about twice as many in all. Default 50,000. */
  rows?: number;
  /** Of the database role; new and random when absent. */
  password?: string;
  /** Days of logs; default 20. */
  logDays?: number;
};

/** What was there is replaced. Resolves once the service says that it is ready; the password stands only in .env. */
export async function seedSpacetime(seed: SpacetimeSeed): Promise<Generated> {
  const { password = randomBytes(18).toString('base64url') } = seed;
  const { files = 20_000, megabytes = 150, rows = 50_000, logDays = 20 } = seed;
  const [generated] = await Promise.all([
    seedApp({ shell: seed.app, password, files, megabytes, logDays }),
    seedDatabase({ shell: seed.db, password, rows }),
  ]);
  await seed.app(`for i in {1..200}; do curl -sf -m 3 http://127.0.0.1:8080/status && exit; sleep 0.1; done
    echo 'SpaceTime did not become ready:' >&2; curl -s -m 3 http://127.0.0.1:8080/status >&2; exit 1`);
  return generated;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      files: { type: 'string' },
      megabytes: { type: 'string' },
      rows: { type: 'string' },
      region: { type: 'string', default: 'us-east-1' },
    },
  });
  const { MUSTER_SSH_KEY: key, MUSTER_KNOWN_HOSTS: knownHosts, SPACETIME_DATABASE_PASSWORD: password } = process.env;
  if (!key || !knownHosts)
    throw new Error('MUSTER_SSH_KEY and MUSTER_KNOWN_HOSTS are not set. Try: run it inside the lab.');
  const shell = (role: 'app' | 'db') => {
    const host = hosts.find((one) => one.region === values.region && one.role === role);
    if (!host) throw new Error(`The lab has no ${role} host in ${values.region}.`);
    return sshShell({ address: host.address, key, knownHosts });
  };
  const number = (text?: string) => (text === undefined ? undefined : Number(text));
  const { files, megabytes, rows } = values;
  const size = { password, files: number(files), megabytes: number(megabytes), rows: number(rows) };
  console.log(JSON.stringify(await seedSpacetime({ app: shell('app'), db: shell('db'), ...size })));
}

if (import.meta.main) await main();
