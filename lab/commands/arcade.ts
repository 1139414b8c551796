/** `lab arcade up|down`: the second service, a component of every kind. */
import { Argument, type Command } from 'commander';
import { lowerArcade, raiseArcade } from '../arcade/raise.ts';
import { connectLab } from '../client.ts';
import { print } from './print.ts';

export function addArcadeVerb(program: Command): void {
  program
    .command('arcade')
    .description('a second service with a component of every kind, and stores of Azure and Google beside S3')
    .addArgument(new Argument('<act>').choices(['up', 'down']))
    .action(async (act: 'up' | 'down') => {
      const lab = connectLab(program.opts().dir);
      if (act === 'down') await lowerArcade(lab);
      else await raiseArcade(lab, (line) => program.opts().json || console.log(`  ${line}`));
      const told =
        act === 'up' ? 'Arcade is up. Try: npm run lab -- exec scripts/muster backup arcade' : 'Arcade is removed.';
      print(program, { arcade: act }, told);
    });
}
