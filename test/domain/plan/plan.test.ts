import fc from 'fast-check';
import { expect, test } from 'vitest';
import { siteOfRole } from '../../../domain/plan/plan.ts';
import { brokenReferences } from '../../../domain/plan/references.ts';
import { nameSchema } from '../../../domain/plan/values.ts';
import { spacetimePlan } from '../../support/plan.ts';

test('a name holds nothing that could climb a path, split a key or end a command', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      if (nameSchema.safeParse(text).success) expect(text).toMatch(/^[a-z0-9-]+$/);
    }),
  );
  for (const bad of ['../x', '', '.', 'a/b', 'A', '-a', 'a b', 'a\n', 'x'.repeat(64)]) {
    expect(nameSchema.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
  }
});

test('a role names a site only when exactly one has it', async () => {
  const plan = await spacetimePlan();
  expect(siteOfRole(plan, 'primary')).toBe('us-east-1');
  expect(siteOfRole(plan, 'standby')).toBe('us-west-2');
  const west = plan.sites['us-west-2'];
  if (!west) throw new Error('no west');
  expect(siteOfRole({ ...plan, sites: { ...plan.sites, third: west } }, 'standby')).toBeUndefined();
});

test('the names of a good plan lead somewhere, and malformed data is not a crash', async () => {
  expect(brokenReferences(await spacetimePlan())).toEqual([]);
  fc.assert(fc.property(fc.anything(), (raw) => Array.isArray(brokenReferences(raw))));
});
