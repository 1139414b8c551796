import { expect, it } from 'vitest';
import { imageProblems } from '../../../../domain/plan/references/image.ts';

const hosts = { app: { tags: { Role: 'app' } }, db: { addresses: ['192.0.2.1'] } };

it('images are of groups that the other site has, as instances', () => {
  const problems = (of: unknown) => imageProblems({ east: { hosts }, west: { hosts: {}, images: { of } } });
  expect(problems(['app'])).toEqual([]);
  expect(problems(['app', 'web'])).toEqual([
    { path: ['sites', 'west', 'images', 'of', 1], fact: 'east has no hosts web', hint: 'app or db.' },
  ]);
  expect(problems(['db'])).toMatchObject([{ fact: expect.stringMatching(/^east names db by address/) }]);
  expect(imageProblems({ east: null, west: { images: 'nonsense' } })).toEqual([]);
});
