/** The `lab` command: `npm run lab -- VERB`. */
import { join } from 'node:path';
import { Command } from 'commander';
import { addArcadeVerb } from './commands/arcade.ts';
import { addFaultVerbs } from './commands/faults.ts';
import { addInsideVerbs } from './commands/inside.ts';
import { addLifeVerbs } from './commands/life.ts';
import { addReplicaVerb } from './commands/replica.ts';
import { checkout } from './paths.ts';

const program = new Command('lab')
  .description('Two regions on one machine: raise them, fail them, heal them.')
  .option('--dir <dir>', 'directory of the lab', process.env.MUSTER_LAB ?? join(checkout, '.lab'))
  .option('--json', 'print JSON')
  .enablePositionalOptions()
  .showHelpAfterError();

addLifeVerbs(program);
addFaultVerbs(program);
addInsideVerbs(program);
addArcadeVerb(program);
addReplicaVerb(program);

program.parseAsync().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = process.exitCode || 1;
});
