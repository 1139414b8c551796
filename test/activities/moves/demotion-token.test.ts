import { describe, expect, it } from 'vitest';
import { differences, type Token } from '../../../activities/moves/demotion-token.ts';

const token: Token = {
  component: 'database',
  point: '20260102_031500',
  manifest: 'a'.repeat(64),
  compared: 2,
  digest: 'd'.repeat(64),
  answers: { 'public.players': '100 rows, checksum 17', 'public.players_id_seq': 'at 100' },
};

describe('a promotion', () => {
  it('matches what holds exactly the same, wherever the log of the other server stands', () => {
    const wal = { lsn: '0/5000060', timeline: '1' };
    expect(differences({ ...token, wal }, { ...token, wal: { lsn: '0/3000148', timeline: '2' } })).toEqual([]);
  });

  it('says which table differs, also one that is missing and one that is too many', () => {
    const answers = { 'public.players': '99 rows, checksum 3', 'public.extra': '1 rows, checksum 1' };
    expect(differences(token, { ...token, digest: 'e'.repeat(64), answers })).toEqual([
      'public.extra has 1 rows, checksum 1, and the source has nothing',
      'public.players has 99 rows, checksum 3, and the source has 100 rows, checksum 17',
      'public.players_id_seq has nothing, and the source has at 100',
    ]);
  });

  it('does not match another recovery point, nor tables beyond those that the token names', () => {
    expect(differences(token, { ...token, manifest: 'b'.repeat(64) })).toHaveLength(1);
    expect(differences(token, { ...token, digest: 'e'.repeat(64) })).toEqual(['content of its further tables differs']);
  });
});
