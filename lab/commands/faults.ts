/** The verbs that fail a part of the lab and bring it back. */
import { Argument, type Command } from 'commander';
import { connectLab, type Lab } from '../client.ts';
import { machines, type Region, regions } from '../layout.ts';
import type { RangeStatus } from '../range.ts';
import { printStatus } from './print.ts';

const region = () => new Argument('<region>').choices(regions.map(({ name }) => name));
const choice = (name: string, choices: string[]) => new Argument(`<${name}>`).choices(choices);

export function addFaultVerbs(program: Command): void {
  const does =
    <A extends unknown[]>(act: (lab: Lab, ...args: A) => Promise<RangeStatus>) =>
    async (...args: A) =>
      printStatus(program, await act(connectLab(program.opts().dir), ...args));

  program
    .command('kill')
    .description('cut the region off in both directions and kill its worker; its hosts run on, unreachable')
    .addArgument(region())
    .action(does((lab, name: Region) => lab.kill(name)));
  program
    .command('heal')
    .description('undo kill or hang')
    .addArgument(region())
    .action(does((lab, name: Region) => lab.heal(name)));
  program
    .command('hang')
    .description("freeze the region's AWS, store and worker: they take connections and never answer")
    .addArgument(region())
    .action(does((lab, name: Region) => lab.hang(name)));
  program
    .command('cut')
    .description('cut the two regions from each other only')
    .addArgument(choice('state', ['on', 'off']).argOptional().default('on'))
    .action(does((lab, state: string) => lab.cut(state === 'on')));
  program
    .command('power')
    .description('switch a host: off and on act on its EC2 instance, reboot pulls the plug, broken never boots')
    .addArgument(
      choice(
        'host',
        machines.map(({ name }) => name),
      ),
    )
    .addArgument(choice('state', ['off', 'on', 'reboot', 'broken', 'repair']))
    .action(does((lab, host: string, state: 'off') => lab.power(host, state)));
  program
    .command('temporal')
    .description('stop or start the Temporal server')
    .addArgument(choice('act', ['stop', 'start']))
    .action(does((lab, act: 'stop' | 'start') => lab.temporal[act]()));
  program
    .command('worker')
    .description("act on a region's worker")
    .addArgument(region())
    .addArgument(choice('act', ['kill', 'freeze', 'thaw', 'start']))
    .action(does((lab, name: Region, act: 'kill') => lab.worker(name, act)));
  program
    .command('process')
    .description('act on any process of the lab')
    .argument('<name>')
    .addArgument(choice('act', ['start', 'stop', 'kill', 'freeze', 'thaw', 'restart']))
    .action(does((lab, name: string, act: 'kill') => lab.process(name, act)));
}
