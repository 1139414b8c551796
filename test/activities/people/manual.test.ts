import { expect, test } from 'vitest';
import { manual } from '../../../activities/people/manual.ts';
import { stepContext } from '../../support/step-context.ts';

const input = manual.input.parse({ title: 'Call the bank', instructions: 'Dial the number.\nSay the word.' });

test('a manual step reads as comments and a question in the script', () => {
  expect(manual.shell(input)).toEqual([
    '# Call the bank',
    '# Dial the number.',
    '# Say the word.',
    'read -r -p "Done? Press Enter. " _',
  ]);
  const step = manual.step(input, { id: 'call', queue: 'q', fallback: 'f' });
  expect(step).toMatchObject({ kind: 'manual', title: 'Call the bank', undoable: false });
});

test('no worker pretends to do it', async () => {
  await expect(manual.run(input, await stepContext())).rejects.toMatchObject({ type: 'ManualStep' });
});
