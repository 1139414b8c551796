/** `muster audit`: who asked, who decided, and what was changed, from the signed log in the storage locations. */
import type { Command } from 'commander';
import { mendAudit } from '../../activities/audit/mend-audit.ts';
import { loadPinned } from '../../activities/points/signer.ts';
import type { AuditEntry } from '../../domain/audit/audit.ts';
import { type AuditPlace, type AuditVerdict, checkAudit, withMissingEnds } from '../../domain/audit/check.ts';
import { seeEnds } from '../cli/audit-ends.ts';
import { readLog } from '../cli/audit-log.ts';
import type { Cli, Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { addAuditClose } from './audit-close.ts';
import { type AddVerb, examples } from './verb.ts';

interface AuditOptions {
  readonly run?: string;
  readonly newest?: string;
  readonly mend?: boolean;
}

export const addAudit: AddVerb = (program, run) => {
  const audit = program
    .command('audit')
    .summary('who asked, decided and changed what; audit verify checks that log')
    .description(
      'The audit log of a service: one signed object an entry, in every storage location, newest last. What is not signed by a pinned signer is not shown; audit verify names it.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--run <id>', 'only this run, all of it')
    .option('--newest <count>', 'how many entries', '50')
    .addHelpText(
      'after',
      examples(
        'muster audit spacetime',
        'muster audit spacetime --run failover-20260102-031500-ab12 --json',
        'muster audit verify spacetime',
      ),
    )
    .action(run<AuditOptions>((cli, [service = ''], options) => list(cli, service, options)));
  addVerify(audit, run);
  addAuditClose(audit, run);
};

function addVerify(audit: Command, run: Runner): void {
  audit
    .command('verify')
    .summary('signatures, chains, gaps, and whether the copies agree')
    .description(
      'Reads every entry at every location: whether a pinned signer signed it as it is, whether each follows the one before it, whether any is missing, and whether all locations have the same. A log without an end is whole only while Temporal says that its run goes on. Changes nothing without --mend.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--run <id>', 'only this run')
    .option('--mend', 'bring entries to locations that lack them; nothing that is there is touched')
    .addHelpText('after', examples('muster audit verify spacetime', 'muster audit verify spacetime --mend'))
    .action(run<AuditOptions>((cli, [service = ''], options) => verify(cli, service, options)));
}

async function list(cli: Cli, service: string, options: AuditOptions): Promise<ExitCode> {
  const { places, away, code } = await readLog(cli, service, options.run);
  const all = entriesOf(places);
  const newest = options.run ? all.length : Math.max(1, Number(options.newest) || 50);
  const entries = all.slice(-newest);
  if (cli.json) {
    sayJson(cli.io, { service, entries, unreachable: away });
    return code;
  }
  const rows = entries.map(({ at, run, n, kind, by, text, state }) => {
    return [at, `${run} ${n}`, state ? `${kind} ${state}` : kind, by ?? '', text];
  });
  say(cli.io, rows.length > 0 ? columns(rows, ['at', 'run and entry', 'what', 'who', '']) : 'Nothing is logged.');
  for (const each of away) say(cli.io, `NOT REACHED ${each.location}: ${each.why}`);
  return code;
}

async function verify(cli: Cli, service: string, options: AuditOptions): Promise<ExitCode> {
  const first = await readLog(cli, service, options.run);
  const brought = options.mend ? await mend(cli, service, first) : [];
  const ends = await seeEnds(cli, service, checkAudit(first.places).open);
  // Read again: what ended before Temporal was asked has written all that it ever will.
  const { places, away, code } = brought.length + ends.over.size > 0 ? await readLog(cli, service, options.run) : first;
  const verdict = withMissingEnds(checkAudit(places), ends.over);
  const locations = places.map(({ location }) => location);
  const { unasked } = ends;
  if (cli.json) sayJson(cli.io, { service, ...verdict, brought, locations, unreachable: away, unasked });
  else say(cli.io, verdictLines(service, verdict, locations, brought, away, unasked).join('\n'));
  if (verdict.findings.length > 0) return exitCodes.damaged;
  return unasked === undefined ? code : exitCodes.noAnswer;
}

/** Locations that did not answer a moment ago are left out. */
async function mend(cli: Cli, service: string, { stores, places, plan }: Awaited<ReturnType<typeof readLog>>) {
  const answering = stores.filter((store) => places.some(({ location }) => location === store.location));
  return (await mendAudit(answering, service, await loadPinned(plan, cli.planFolder), plan)).brought;
}

function verdictLines(
  service: string,
  { runs, entries, findings, open }: AuditVerdict,
  locations: readonly string[],
  brought: readonly { key: string; to: string }[],
  away: readonly { location: string; why: string }[],
  unasked: string | undefined,
): string[] {
  const size = `${entries} entries of ${runs} runs at ${locations.join(' and ') || 'no location'}`;
  return [
    findings.length === 0
      ? `${size}: signed, unbroken, the same everywhere`
      : `${size}: ${findings.length} NOT AS THEY SHOULD BE`,
    ...findings.map(({ what, text }) => `  ${what.toUpperCase()} ${text}`),
    ...open.map(
      (run) =>
        `  open ${run}: no entry says that it is the last. ${unasked === undefined ? 'It goes on.' : 'NOT KNOWN whether it goes on.'}`,
    ),
    ...(unasked === undefined ? [] : [`  NOT ASKED Temporal, which knows what goes on: ${unasked}`]),
    ...brought.map(({ key, to }) => `  brought ${key} to ${to}`),
    ...away.map(({ location, why }) => `  NOT REACHED ${location}: ${why}`),
    ...(findings.some(({ what }) => what === 'lacking') && brought.length === 0
      ? [`Try: muster audit verify ${service} --mend, which brings entries to locations that lack them.`]
      : []),
    ...(findings.some(({ what }) => what === 'unended')
      ? [`Try: muster audit close ${service} RUN --reason WHY, for a run that is known to have been terminated.`]
      : []),
  ];
}

/** Each once, in order. */
function entriesOf(places: readonly AuditPlace[]): AuditEntry[] {
  const found = new Map<string, AuditEntry>();
  for (const { copies } of places) {
    for (const { key, entry } of copies) if (entry) found.set(key, entry);
  }
  return [...found].sort(([a], [b]) => a.localeCompare(b)).map(([, entry]) => entry);
}
