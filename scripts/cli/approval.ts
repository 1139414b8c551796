/** Makes an approval or the acceptance of a risk, signs it where there is a key, and sends or prints it. */
import type { Command } from 'commander';
import { durationSchema } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import type { Approval, RiskAcceptance } from '../../domain/run/run.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Cli } from './cli.ts';
import { decide } from './decide.ts';
import { sayJson } from './io.ts';
import type { RunSeen } from './runs.ts';
import { keyFor, type SignOptions, signed } from './sign.ts';

export interface GiveOptions extends SignOptions {
  readonly print?: boolean;
  readonly goodFor?: string;
  readonly signal?: boolean;
}

/** What a person decided; the run it is for is added here. */
export type Decided = Pick<Approval, 'by' | 'decision' | 'playbook' | 'accept' | 'reason' | 'emergency'>;

/** The same of a risk that came up in the middle of a run. */
type Accepted = Pick<RiskAcceptance, 'by' | 'risk' | 'reason' | 'playbook'>;

/** Options of every verb that gives or refuses a go. */
export function givingVerb(command: Command): Command {
  return command
    .option('--key <file>', 'sign with this SSH key: private, or public where an ssh-agent or a hardware key has it')
    .option('--good-for <time>', 'how long what is signed may be used (default: 15m, at most a day)')
    .option('--print', 'print the JSON for the Temporal UI instead of sending it');
}

/** @throws SignatureNeeded before anything is sent, NotSigned */
export async function give(
  cli: Cli,
  seen: RunSeen,
  decided: Decided | Accepted,
  options: GiveOptions,
  name: 'approve' | 'acceptRisk' = 'approve',
): Promise<ExitCode> {
  const key = keyFor(options, cli.io);
  if (!key && seen.status?.asks?.signed === 'required') {
    throw refusal(
      'SignatureNeeded',
      `The plan wants approvals of ${seen.procedure} signed, and no key was named; nothing was sent.`,
      '--key ~/.ssh/id_ed25519, or MUSTER_SIGNING_KEY; see docs/approvals.md.',
    );
  }
  const plain = {
    ...decided,
    ...(seen.run ? { run: seen.run } : {}),
    service: seen.service,
    procedure: seen.procedure,
  };
  const approval = key ? await signed({ ...plain, ...timed(options.goodFor) }, key, cli.io) : plain;
  if (options.print) {
    sayJson(cli.io, approval);
    return exitCodes.ok;
  }
  return await decide(cli, seen, name, approval, options);
}

/** @throws BadInput */
function timed(goodFor = '15m') {
  const parsed = durationSchema.safeParse(goodFor);
  if (!parsed.success) throw refusal('BadInput', `\`--good-for ${goodFor}\` is no time.`, '--good-for 15m');
  const now = Date.now();
  return { at: new Date(now).toISOString(), until: new Date(now + parsed.data).toISOString() };
}
