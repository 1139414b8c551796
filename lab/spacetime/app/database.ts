/** SpaceTime's PostgreSQL: a small pool with short limits, so that a lost database shows at once. */
import pg from 'pg';

export type Database = ReturnType<typeof openDatabase>;

export function openDatabase(env: NodeJS.ProcessEnv) {
  const pool = new pg.Pool({
    host: env.DATABASE_HOST,
    port: Number(env.DATABASE_PORT ?? 5432),
    database: env.DATABASE_NAME,
    user: env.DATABASE_USER,
    password: env.DATABASE_PASSWORD,
    max: 8,
    connectionTimeoutMillis: 1500,
    query_timeout: 2500,
    keepAlive: true,
  });
  pool.on('error', (error) => console.error(`database: ${error.message}`));

  async function one(text: string, values: unknown[] = []): Promise<Record<string, unknown> | undefined> {
    return (await pool.query<Record<string, unknown>>(text, values)).rows[0];
  }

  return {
    /** Reads from a real table: a server that is up but empty is not reachable in any useful sense. */
    async players(): Promise<number> {
      return Number((await one('SELECT count(*) AS n FROM players'))?.n);
    },
    player: (id: string) => one('SELECT id, name, level, credits, created_at FROM players WHERE id = $1', [id]),
    async countWrites(): Promise<number> {
      return Number((await one('SELECT count(*) AS n FROM canary_writes'))?.n);
    },
    /** Resolves only after commit: the acknowledgement means that the row is durable. The same id twice is one row. */
    async write(id: string, at: string): Promise<void> {
      await pool.query('INSERT INTO canary_writes (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING', [id, at]);
    },
    async missingWrites(ids: string[]): Promise<string[]> {
      const text = 'SELECT id FROM unnest($1::text[]) AS asked (id) EXCEPT SELECT id FROM canary_writes ORDER BY id';
      return (await pool.query<{ id: string }>(text, [ids])).rows.map(({ id }) => id);
    },
    end: () => pool.end(),
  };
}
