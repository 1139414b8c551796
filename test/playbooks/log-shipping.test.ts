import { expect, it } from 'vitest';
import { compilers } from '../../playbooks/index.ts';
import { aSituation } from './a-situation.ts';

it('refuses a plan in which nothing keeps a log, and says what would', async () => {
  const situation = await aSituation('log-shipping');
  expect(() => compilers['log-shipping'](situation)).toThrow(
    expect.objectContaining({ type: 'NoLog', message: expect.stringContaining('spacetime') }),
  );
});
