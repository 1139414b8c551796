/** `lab up`, `down`, `status`, `reset`, `doctor`. */
import type { Command } from 'commander';
import { connectLab } from '../client.ts';
import { down } from '../down.ts';
import { examine } from '../tools/doctor.ts';
import { up } from '../up.ts';
import { print, printStatus } from './print.ts';

type UpFlags = {
  bootDelay: string;
  searchAttribute: string[];
  worker?: string;
  observer?: string;
  metrics?: string;
  without: string[];
};

const gather = (value: string, all: string[]) => [...all, value];

export function addLifeVerbs(program: Command): void {
  program
    .command('up')
    .description('raise the lab')
    .option('--boot-delay <ms>', 'from an EC2 start until a host begins to boot', '2000')
    .option('--search-attribute <name=type>', 'one that Temporal is to know; may be repeated', gather, [])
    .option('--worker <command>', 'what runs in each region as its worker; {region} is replaced; "" for none')
    .option('--observer <command>', 'what runs in the third place as the observer; "" for none')
    .option('--metrics <every>', 'workers export metrics, read so often: 1s; docs/metrics.md')
    .option('--without <process>', 'leave a process out; may be repeated', gather, [])
    .action((flags: UpFlags) => raise(program, flags));

  program
    .command('down')
    .description('end every process of the lab and remove its files; logs stay')
    .option('--logs', 'remove the logs too')
    .action(async ({ logs }: { logs?: boolean }) => {
      const lived = await down({ dir: program.opts().dir, logs: !logs });
      print(
        program,
        { down: true, lived },
        lived ? 'The lab is down.' : 'There was no living lab; its remains are removed.',
      );
    });

  program
    .command('status')
    .description('regions, hosts and processes')
    .action(async () => printStatus(program, await connectLab(program.opts().dir).status()));

  program
    .command('reset')
    .description('back to before a disaster: healed, records and power as seeded, standby disks fresh')
    .action(async () => printStatus(program, await connectLab(program.opts().dir).reset()));

  program
    .command('doctor')
    .description('what this machine lacks')
    .action(async () => {
      const findings = await examine();
      const lines = findings.map(
        ({ ok, what, hint }) => `${ok ? 'ok     ' : 'missing'}  ${what}${hint ? `\n         ${hint}` : ''}`,
      );
      print(program, findings, lines.join('\n'));
      if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
    });
}

async function raise(program: Command, flags: UpFlags): Promise<void> {
  const { dir, json } = program.opts<{ dir: string; json?: boolean }>();
  const stop = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => {
    process.exitCode = signal === 'SIGINT' ? 130 : 143;
    stop.abort(new Error('Interrupted; what stood already was taken down.'));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
  const began = performance.now();
  const words = (line: string | undefined) => line?.split(/\s+/).filter(Boolean);
  const state = await up({
    dir,
    signal: stop.signal,
    note: (line) => json || console.log(`  ${line}`),
    options: {
      bootDelayMs: Number(flags.bootDelay),
      searchAttributes: flags.searchAttribute,
      worker: words(flags.worker),
      observer: words(flags.observer),
      metrics: flags.metrics,
      without: flags.without,
    },
  });
  const took = ((performance.now() - began) / 1000).toFixed(1);
  print(
    program,
    state,
    `The lab is up after ${took} s.
  Temporal UI  ${state.relays.ui}
  Temporal     ${state.relays.temporal}
  status       npm run lab -- status
  commands in  npm run lab -- exec -- CMD`,
  );
}
