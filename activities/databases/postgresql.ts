/** Driver `postgresql`: a dump in a snapshot, restored beside the present database and switched in by rename. */
import { z } from 'zod';
import type { PostgresqlComponent } from '../../domain/plan-component.ts';
import type { ComponentDriver } from '../archives/driver.ts';
import { helpers, lines, nulList, script } from '../archives/job-files.ts';

const detailsSchema = z.object({
  database: z.string(),
  owner: z.string(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  serverVersion: z.string(),
  size: z.number(),
  roles: z.array(z.string()),
  extensions: z.array(z.string()),
});
const summarySchema = z.object({ type: z.literal('summary'), database: detailsSchema });
const checkSchema = z.object({ type: z.literal('check'), name: z.string(), value: z.string() });

export const postgresql: ComponentDriver<PostgresqlComponent> = {
  async capture(component) {
    return {
      script: script('databases', 'capture-postgresql'),
      params: {
        ...(await shared(component)),
        checks: nulList(component.checks.flatMap(({ name, query }) => [name, query])),
      },
    };
  },

  facts(component, results) {
    const summary = results.flatMap((line) => summarySchema.safeParse(line).data ?? [])[0];
    const answers = answersIn(results);
    return {
      details: detailsSchema.parse(summary?.database),
      checks: component.checks.map(({ name, query }) => ({ name, query, value: answers.get(name) ?? '' })),
    };
  },

  async restore(component, record, { run, point, secret }) {
    const details = detailsSchema.parse(record.details);
    const { ownerPassword } = component;
    return {
      script: script('databases', 'restore-postgresql'),
      params: {
        ...(await shared(component)),
        point,
        run,
        component: component.name,
        owner: component.owner,
        encoding: details.encoding,
        collate: details.collate,
        ctype: details.ctype,
        server: details.serverVersion,
        roles: lines(details.roles),
        size: String(details.size),
        bytes: String(record.bytes),
        checks: nulList(record.checks.flatMap(({ name, query, value }) => [name, query, value])),
      },
      secrets: ownerPassword ? { 'owner-password': await secret(ownerPassword) } : undefined,
    };
  },

  async undo(component, { run, point }) {
    return {
      script: script('databases', 'undo-postgresql'),
      params: { ...(await shared(component)), point, run, component: component.name },
    };
  },

  async verify(component, record) {
    return {
      needsKey: false,
      script: script('databases', 'verify-postgresql'),
      params: {
        ...(await shared(component)),
        checks: nulList(record.checks.flatMap(({ name, query }) => [name, query])),
      },
    };
  },

  judge(component, record, results) {
    const answers = answersIn(results);
    const wrong = record.checks
      .filter(({ name, value }) => answers.get(name) !== value)
      .map(({ name, value }) => {
        const now = answers.get(name);
        return `${component.name}: check ${name} answers ${now ?? 'nothing'}, and at the recovery point it was ${value}`;
      });
    return { compared: record.checks.length, wrong, noted: [] };
  },
};

async function shared({ database, port, systemUser }: PostgresqlComponent): Promise<Record<string, string>> {
  return {
    ...(await helpers('archives', 'parts.sh')),
    ...(await helpers('databases', 'postgresql.sh')),
    database,
    port: String(port),
    'system-user': systemUser,
  };
}

function answersIn(results: readonly unknown[]): Map<string, string> {
  const checks = results.flatMap((line) => checkSchema.safeParse(line).data ?? []);
  return new Map(checks.map(({ name, value }) => [name, Buffer.from(value, 'base64').toString('utf8')]));
}
