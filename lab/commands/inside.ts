/** `lab exec`, `shell` and `ssh`: a person inside the sealed network. */
import { spawnSync } from 'node:child_process';
import { Argument, type Command, Option } from 'commander';
import { connectLab } from '../client.ts';
import { sshOptions } from '../hosts/login.ts';
import { commandInside } from '../inside.ts';
import { hostNamed, machines, type Place, regions } from '../layout.ts';

const place = () =>
  new Option('--in <place>', 'where').choices(['third', ...regions.map(({ name }) => name)]).default('third');

export function addInsideVerbs(program: Command): void {
  program
    .command('exec')
    .description("run a command inside the sealed network, with the lab's environment")
    .addOption(place())
    .argument('<command...>')
    .passThroughOptions()
    .action((command: string[], flags: { in: Place }) => enter(program, flags.in, command));
  program
    .command('shell')
    .description('a shell inside the sealed network')
    .addOption(place())
    .action((flags: { in: Place }) => enter(program, flags.in, [process.env.SHELL ?? 'bash']));
  program
    .command('ssh')
    .description('log in to a host, or run a command there')
    .addArgument(new Argument('<host>').choices(machines.map(({ name }) => name)))
    .argument('[command...]')
    .passThroughOptions()
    .action((host: string, command: string[]) => {
      const { state } = connectLab(program.opts().dir);
      enter(program, 'third', ['ssh', ...sshOptions(state.keys), `root@${hostNamed(host).address}`, ...command]);
    });
}

function enter(program: Command, where: Place, command: string[]): void {
  const { state } = connectLab(program.opts().dir);
  const [file, ...args] = commandInside(state, where, command);
  const ended = spawnSync(file, args, { stdio: 'inherit', env: { ...process.env, ...state.env } });
  if (ended.error) throw ended.error;
  process.exitCode = ended.status ?? 128;
}
