/** What every verb is given: options, output, the connection, the plans. Built for each command by `runVerb`. */
import { readdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { type LoadedPlan, loadPlan } from '../../activities/plans/load-plan.ts';
import { Refusal, refusal } from '../../domain/errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type CliIo, sayJson, warn } from './io.ts';
import { type UiPlace, uiPlace } from './links.ts';
import {
  accessDenied,
  connectTemporal,
  isDenied,
  isUnreachable,
  namedNamespace,
  noServer,
  type Temporal,
  temporalPlace,
} from './temporal.ts';
import { type Who, whoAmI } from './who.ts';

interface GlobalOptions {
  readonly json?: boolean;
  readonly address?: string;
  readonly namespace?: string;
  readonly plans?: string;
  readonly overlay?: string[];
}

export interface Cli {
  readonly io: CliIo;
  readonly json: boolean;
  readonly planFolder: string;
  readonly overlays: string[];
  /** The connection, made at first use and closed after the verb. @throws NoServer */
  temporal(): Promise<Temporal>;
  ui(): UiPlace;
  plan(service: string): Promise<LoadedPlan>;
  /** Services that have a plan in the folder. */
  services(): Promise<string[]>;
  who(given?: string): Who;
}

type Action<Options> = (cli: Cli, args: string[], options: Options) => Promise<ExitCode>;
export type Runner = <Options = object>(action: Action<Options>) => (...given: unknown[]) => Promise<void>;

/** Turns a verb's action into commander's, with errors told as fact and hint and mapped to an exit status. */
export function runnerFor(io: CliIo, done: (code: ExitCode) => void): Runner {
  return (action) =>
    async (...given) => {
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals();
      const { cli, close } = openCli(io, options as GlobalOptions);
      try {
        const args = given
          .slice(0, -2)
          .flat()
          .filter((each) => each !== undefined) as string[];
        done(await action(cli, args, options as never));
      } catch (error) {
        done(await tell(cli, error));
      } finally {
        await close();
      }
    };
}

function openCli(io: CliIo, options: GlobalOptions): { cli: Cli; close: () => Promise<void> } {
  let connecting: Promise<Temporal> | undefined;
  const temporal = () => {
    connecting ??= connectTemporal(io.env, options);
    return connecting;
  };
  const planFolder = options.plans ?? io.env.MUSTER_PLANS ?? 'plans';
  const overlays = options.overlay ?? (io.env.MUSTER_OVERLAYS ?? '').split(',').filter(Boolean);
  const cli: Cli = {
    io,
    json: options.json ?? false,
    planFolder,
    overlays,
    temporal,
    ui: () => {
      const { address, namespace } = temporalPlace(io.env, options);
      return uiPlace(io.env, address, namespace);
    },
    plan: (service) => loadPlan(planFolder, service, { overlays }),
    services: () => servicesIn(planFolder),
    who: (given) => whoAmI(given, io.env),
  };
  const close = async () => {
    const connection = await connecting?.catch(() => undefined);
    await connection?.close();
  };
  return { cli, close };
}

async function servicesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => {
    throw refusal('NoPlans', `There is no folder of plans at ${folder}.`, 'name it with --plans or MUSTER_PLANS.');
  });
  return entries
    .filter((name) => name.endsWith('.yaml') && name !== 'estate.yaml')
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

const codesByType: Readonly<Record<string, ExitCode>> = {
  NoServer: exitCodes.noAnswer,
  TlsRefused: exitCodes.noAnswer,
  NoWorker: exitCodes.noAnswer,
  NothingReachable: exitCodes.noAnswer,
  CloudSilent: exitCodes.noAnswer,
};

async function tell(cli: Cli, thrown: unknown): Promise<ExitCode> {
  const error = isUnreachable(thrown) ? await whereTo(cli, thrown) : namedNamespace(await admitted(cli, thrown));
  const known = error instanceof Refusal ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const code = known ? (codesByType[known.type] ?? exitCodes.refused) : exitCodes.unexpected;
  if (cli.json) sayJson(cli.io, { error: { type: known?.type ?? 'Unexpected', message, exit: code } });
  warn(cli.io, `muster: ${message}`);
  if (!known && cli.io.env.MUSTER_DEBUG && error instanceof Error) warn(cli.io, error.stack ?? '');
  return code;
}

/** The same error as a refusal, where the server does not accept who we are. */
async function admitted(cli: Cli, error: unknown): Promise<unknown> {
  if (!isDenied(error)) return error;
  const connection = await cli.temporal().catch(() => undefined);
  return accessDenied(connection?.address ?? 'its address', error) ?? error;
}

async function whereTo(cli: Cli, error: unknown): Promise<unknown> {
  const connection = await cli.temporal().catch(() => undefined);
  return noServer(connection?.address ?? 'its address', error);
}
