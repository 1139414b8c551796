/** What a person says about a restore, as the options that `muster restore` and `muster preview` share. */
import type { Command } from 'commander';
import { refusal } from '../../domain/errors.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import { isWhole } from '../../domain/points/restore-scope.ts';
import { type RestoreRequest, restoreRequestSchema } from '../../domain/run/restore-request.ts';
import { wrongInput } from './wrong-input.ts';

export interface RestoreWords {
  readonly point?: string;
  readonly date?: string;
  readonly label?: string;
  readonly state?: string;
  readonly beforeDeployment?: string | true;
  readonly before?: string;
  readonly fromLocation?: string;
  readonly component?: string[];
  readonly path?: string[];
  readonly table?: string[];
  readonly configOnly?: true;
  readonly until?: string;
  readonly toHost?: string;
  readonly into?: string;
  readonly bare?: string | true;
}

const listed = (value: string, before: string[] = []) => [...before, ...value.split(',').filter(Boolean)];
const collected = (value: string, before: string[] = []) => [...before, value];

export function restoreWords(command: Command): Command {
  return command
    .option('--point <id>', 'recovery point, or newest (else the newest usable one)')
    .option('--date <date>', 'the newest of a day, 20251110, or at or before a moment, "2025-11-10 12:00" (UTC)')
    .option('--before <moment>', 'the newest taken before this moment, with its zone; nothing later is trusted')
    .option('--label <name>', 'the newest with this label')
    .option('--state <state>', 'the newest that is at least captured, replicated, verified or proven')
    .option('--before-deployment [version]', 'the newest taken before a deployment, of this version where one is named')
    .option('--component <names>', 'only these, separated by commas', listed)
    .option('--path <path>', 'only this file or folder; may be given again', collected)
    .option('--table <names>', 'only these tables of one database, separated by commas', listed)
    .option('--config-only', 'configuration rollback: what the plan calls its configuration')
    .option('--until <moment>', 'point in time, with its zone, for databases that keep a log')
    .option('--to-host <host>', 'another host: of the plan by name, or an address whose key is known')
    .option('--into <place>', 'a scratch place: a folder, or a name for one database; the service is not touched')
    .option('--bare [anyway]', "make users, packages and units of the plan's `bare` first");
}

/** @throws BadInput */
export function restoreAsked(words: RestoreWords): { point?: string; request?: RestoreRequest } {
  const { date, before, label, state, beforeDeployment, table, path, component, configOnly, until, into } = words;
  const request = {
    date,
    before: before?.replace(' ', 'T'),
    label,
    state,
    beforeDeployment,
    from: words.fromLocation,
    components: component,
    paths: path,
    tables: table,
    configOnly,
    until: until?.replace(' ', 'T'),
    host: words.toHost,
    into,
    bare: words.bare,
  };
  const point = words.point === 'newest' ? undefined : words.point;
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  const ways = { point, date, label, 'before-deployment': beforeDeployment };
  const [named] = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (point && named && (date ?? label ?? state ?? beforeDeployment) !== undefined) {
    throw refusal('BadInput', `--point ${point} names the point already.`, 'leave the other ways to choose one out.');
  }
  if (Object.keys(given).length === 0) return { point };
  const parsed = restoreRequestSchema.safeParse(given);
  if (parsed.success) return { point, request: parsed.data };
  const { fact, hint } = wrongInput(parsed.error.issues);
  throw refusal(
    'BadInput',
    `This restore is not understood: ${fact}.`,
    hint ?? 'muster restore --help shows examples.',
  );
}

/** The whole service in its place is a full recovery, another place is a scratch restore, anything else a part. */
export function procedureOf(request: RestoreRequest | undefined): Procedure {
  if (request?.into !== undefined) return 'scratch-restore';
  return isWhole(request) && request?.host === undefined ? 'full-recovery' : 'restore';
}
