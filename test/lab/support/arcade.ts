/** What Arcade holds, read from its own servers and disks with nothing of Muster: each store's digest. */
import { createHash } from 'node:crypto';
import { onHost } from '../../../lab/arcade/hosts.ts';
import {
  app,
  catalogue,
  configuration,
  db,
  mariadb,
  ports,
  postgres,
  redis,
  saves,
} from '../../../lab/arcade/layout.ts';
import type { Lab } from '../../../lab/client.ts';

export const stores = ['configuration', 'saves', 'accounts', 'leaderboard', 'ledger', 'catalogue'] as const;
export type Store = (typeof stores)[number];

/** Arcade's servers, asked directly. */
export function arcadeStores(lab: Lab) {
  const files = (path: string) => () =>
    onHost(
      lab,
      app.name,
      `cd / && export LC_ALL=C
      find ${path} -printf "%p %y %m %u:%g %l %T@\\n" | sed -E "s/( d .*) [0-9.]+$/\\1/" | sort
      find ${path} -type f -print0 | sort -z | xargs -0 sha256sum --`,
    );
  const accounts = (sql: string) =>
    onHost(lab, db.name, `mariadb --no-defaults -S ${mariadb.socket} -N -B --raw ${mariadb.database}`, sql);
  const leaderboard = (commands: string) => onHost(lab, db.name, `redis-cli -s ${redis.socket}`, `${commands}\n`);
  const psql = (database: string, port: number) => (sql: string) =>
    onHost(
      lab,
      db.name,
      `cd / && runuser -u postgres -- psql -X -q -A -t -v ON_ERROR_STOP=1 -p ${port} ${database}`,
      `SET TimeZone = 'UTC';\n${sql}`,
    );
  const ledger = psql(postgres.database, ports.postgres);
  const items = psql(catalogue.database, 5432);

  const read: Record<Store, () => Promise<string>> = {
    configuration: files(configuration),
    saves: files(saves),
    accounts: () =>
      accounts(
        'SHOW TABLES; SELECT * FROM players ORDER BY id; SELECT * FROM purchases ORDER BY id; SELECT * FROM badges ORDER BY name;',
      ),
    leaderboard: () =>
      leaderboard(
        [
          'ZRANGE scores 0 -1 WITHSCORES',
          'LRANGE seasons 0 -1',
          'GET motd',
          'DBSIZE',
          ...Array.from({ length: 100 }, (_, n) => `HGETALL player:${n + 1}`),
        ].join('\n'),
      ),
    ledger: () => ledger('\\dt\nSELECT * FROM entries ORDER BY id;'),
    catalogue: () => items('\\dt\nSELECT * FROM items ORDER BY id;'),
  };

  /** Lines and digest of what stands there now. */
  async function digest(store: Store): Promise<string> {
    const text = await read[store]();
    return `${text.split('\n').length} lines ${createHash('sha256').update(text).digest('hex')}`;
  }

  async function digests(): Promise<Record<Store, string>> {
    const all = await Promise.all(stores.map(async (store) => [store, await digest(store)] as const));
    return Object.fromEntries(all) as Record<Store, string>;
  }

  return {
    accounts,
    leaderboard,
    ledger,
    items,
    digest,
    digests,
    onApp: (script: string) => onHost(lab, app.name, script),
  };
}
