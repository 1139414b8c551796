/** The `lab` command: `npm run lab -- VERB`. */
import { Command } from 'commander';
import { addFaultVerbs } from './commands/faults.ts';
import { addInsideVerbs } from './commands/inside.ts';
import { addLifeVerbs } from './commands/life.ts';

const program = new Command('lab')
  .description('Two regions on one machine: raise them, fail them, heal them.')
  .option('--dir <dir>', 'directory of the lab', process.env.MUSTER_LAB ?? '.lab')
  .option('--json', 'print JSON')
  .enablePositionalOptions()
  .showHelpAfterError();

addLifeVerbs(program);
addFaultVerbs(program);
addInsideVerbs(program);

program.parseAsync().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = process.exitCode || 1;
});
