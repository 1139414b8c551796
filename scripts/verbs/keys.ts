/** `muster keys`: check, list, uses, card, make and rotate the keys of recovery points. */
import { addKeysCard } from './keys/card.ts';
import { addKeysCheck } from './keys/check.ts';
import { addKeysList } from './keys/list.ts';
import { addKeysMake } from './keys/make.ts';
import { addKeysRotate } from './keys/rotate.ts';
import { addKeysUses } from './keys/uses.ts';
import { type AddVerb, examples } from './verb.ts';

export const addKeys: AddVerb = (program, run) => {
  const keys = program
    .command('keys')
    .summary('check, list and rotate the keys of recovery points')
    .description(
      'Keys of recovery points: whose they are, how old, what they open, who used them, and how they are changed.',
    )
    .addHelpText('after', examples('muster keys check spacetime', 'muster keys rotate spacetime --reason "90 days"'));
  for (const add of [addKeysCheck, addKeysList, addKeysUses, addKeysCard, addKeysMake, addKeysRotate]) add(keys, run);
};
