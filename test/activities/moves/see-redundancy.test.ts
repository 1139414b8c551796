import { expect, it } from 'vitest';
import type { StepContext } from '../../../activities/context.ts';
import { seeRedundancy } from '../../../activities/moves/see-redundancy.ts';

const input = { service: 'spacetime', site: 'us-east-1', location: 'backups', copies: 2 };
const committed = {
  point: '20260102_031500',
  manifestSha256: 'a'.repeat(64),
  bytes: 1,
  storedBytes: 1,
  takenAt: '2026-01-02T03:15:00Z',
  warnings: 0,
};
const copied = { outcome: 'replicated', location: 'backups-dr', objects: 3, bytes: 1, skipped: 0 };
const seen = (outputs: Record<string, unknown>) => seeRedundancy.run(input, { outputs } as unknown as StepContext);

it('is redundant when the point and its copies are as many as the plan asks for', async () => {
  expect(await seen({ commit: committed, copy: copied })).toMatchObject({ outcome: 'redundant' });
});

it('says what is short when a copy or the point itself failed or was skipped', async () => {
  expect(await seen({ commit: committed, copy: undefined })).toMatchObject({
    outcome: 'not redundant',
    why: expect.stringContaining('asks for 2 copies'),
  });
  expect(await seen({ commit: { outcome: 'skipped' }, copy: copied })).toMatchObject({ outcome: 'not redundant' });
});
