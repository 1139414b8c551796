/**
 * What SpaceTime holds at a site, read from the hosts with nothing of Muster: every file with its owner, mode, time and
 * content (without what a recovery kept beside it), every table's rows, and what the service itself answers.
 */
import { createHash } from 'node:crypto';
import type { Lab } from '../../../lab/client.ts';
import { hostNamed, type Region } from '../../../lab/layout.ts';

export interface Truth {
  /** `path type mode owner time content`, in order. */
  readonly files: readonly string[];
  /** Table to digest of its rows; of the canary's table those written until then. */
  readonly tables: Readonly<Record<string, string>>;
  /** Commit time of the newest canary, PostgreSQL's text. */
  readonly until: string;
  /** Path to answer. */
  readonly answers: Readonly<Record<string, unknown>>;
}

const roots = '/opt/spacetime/production /etc/systemd/system/godot-spacetime.service /etc/ssl/certs/spacetime-*';
const asked = ['/players/1', '/players/17', '/players/999', '/players/123456789'];

export async function readTruth(lab: Lab, site: Region, until?: string): Promise<Truth> {
  const last = until ?? (await query(lab, site, 'SELECT max(written_at)::text FROM canary_writes'));
  const [files, tables, answers] = await Promise.all([
    readFiles(lab, site),
    readTables(lab, site, last),
    readAnswers(lab, site),
  ]);
  return { files, tables, until: last, answers };
}

/** `path type mode owner time content`, in order. */
export async function readFiles(lab: Lab, site: Region): Promise<string[]> {
  const listing = String.raw`cd / && export LC_ALL=C
    find ${roots} \( -name '*.log' -o -name backups -o -name '*.before-*' \) -prune -o -printf '%p\t%y\t%m\t%u:%g\t%T@\t%l\0' | sort -z | tr '\0\n' '\n?'
    find ${roots} \( -name '*.log' -o -name '*.before-*' \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum --`;
  const answer = await run(lab, `app-${site}`, listing);
  // A folder's own time moves when a file beside it does; everything else must be the same.
  return answer.split('\n').map((line) => (line.includes('\td\t') ? line.replace(/\t[\d.]+\t/, '\t') : line));
}

/** Table to digest of its rows, of the service's database or of another one with the same tables. */
export async function readTables(
  lab: Lab,
  site: Region,
  until: string,
  database?: string,
): Promise<Record<string, string>> {
  const some = { canary_writes: `WHERE written_at <= '${until}'` } as Record<string, string>;
  const names = ['players', 'sessions', 'telemetry', 'audit_log', 'canary_writes'];
  const rows = names.map(
    (name) => `\\echo == ${name}\nCOPY (SELECT * FROM ${name} ${some[name] ?? ''} ORDER BY id) TO STDOUT;`,
  );
  const dump = await query(lab, site, `SET TimeZone = 'UTC';\n${rows.join('\n')}\n`, database);
  const parts = dump.split(/^== /m).slice(1);
  return Object.fromEntries(
    parts.map((part) => {
      const end = part.indexOf('\n');
      const lines = part.slice(end + 1).trimEnd();
      return [part.slice(0, end), `${lines.split('\n').length} rows ${sha256(lines)}`];
    }),
  );
}

async function readAnswers(lab: Lab, site: Region): Promise<Record<string, unknown>> {
  const { address } = hostNamed(`app-${site}`);
  const answers = asked.map(async (path) => {
    const { stdout } = await lab.exec(['curl', '-sS', '-m', '5', `http://${address}:8080${path}`]);
    return [path, JSON.parse(stdout) as unknown] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

export async function query(lab: Lab, site: Region, sql: string, database = 'spacetime_db'): Promise<string> {
  const psql = `cd / && runuser -u postgres -- psql -X -q -A -t -v ON_ERROR_STOP=1 ${database}`;
  return (await run(lab, `db-${site}`, psql, sql)).trim();
}

async function run(lab: Lab, host: string, script: string, input = ''): Promise<string> {
  const { code, stdout, stderr } = await lab.ssh(host, script, { input });
  if (code !== 0) throw new Error(`${host}: a look at the data ended with ${code}: ${stderr}`);
  return stdout;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
