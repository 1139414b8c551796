/** `lab replica up|down`: SpaceTime's database gets a standby that streams, or is restored from recovery points again. */
import { Argument, type Command } from 'commander';
import { connectLab } from '../client.ts';
import { attachReplica, detachReplica } from '../spacetime/replica.ts';
import { print } from './print.ts';

export function addReplicaVerb(program: Command): void {
  program
    .command('replica')
    .description("a standby of SpaceTime's database that streams, in us-west-2")
    .addArgument(new Argument('<act>').choices(['up', 'down']))
    .action(async (act: 'up' | 'down') => {
      const lab = connectLab(program.opts().dir);
      if (act === 'down') await detachReplica(lab);
      else await attachReplica(lab);
      const told =
        act === 'up'
          ? 'The standby streams. Try: npm run lab -- exec scripts/muster preview spacetime switchover'
          : 'us-east-1 has no standby any more. Try: npm run lab -- reset';
      print(program, { replica: act }, told);
    });
}
