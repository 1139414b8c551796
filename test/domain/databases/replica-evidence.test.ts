import { describe, expect, test } from 'vitest';
import type { ServerState } from '../../../domain/databases/replica.ts';
import {
  describeReplica,
  type ReplicaEvidence,
  replicaEvidence,
  replicaRisks,
} from '../../../domain/databases/replica-evidence.ts';

const noon = Date.parse('2026-01-02T12:00:00Z');
const wanted = { component: 'database', slot: 'west', maximumLag: { time: 10_000, bytes: 1_000_000 } };
const control = {
  systemIdentifier: '73',
  state: 'in archive recovery',
  timeline: 1,
  checkpointLsn: '0/5000000',
  rewindable: true,
};
const server = {
  now: '2026-01-02T12:00:00.000+00:00',
  version: 15,
  inRecovery: true,
  timeline: 1,
  writtenLsn: null,
  receivedLsn: '0/5000000',
  replayedLsn: '0/5000000',
  replayedAt: '2026-01-02T11:59:58.000+00:00',
  receiver: { status: 'streaming', host: '10.0.0.1', latestEnd: '0/5000000', heardAt: null },
  slots: [],
  standbys: [],
  bytes: 1,
  synchronous: '',
};
const replica: ServerState = { control, server, undone: false, why: '' };
const slots = [{ name: 'west', active: true, status: 'reserved' }];
const primary: ServerState = {
  ...replica,
  server: { ...server, inRecovery: false, writtenLsn: '0/5000000', receiver: null, slots },
};
const risks = (procedure: 'failover' | 'backup', ...replicas: ReplicaEvidence[]) =>
  Object.keys(replicaRisks(procedure, { from: 'us-east-1', to: 'us-west-2', lostAt: noon }, replicas));

describe('what is known of a standby', () => {
  test('it streams and has all', () => {
    const seen = replicaEvidence(wanted, primary, replica);
    expect(seen).toMatchObject({ usable: true, streaming: true, missing: 0, slot: 'held', complete: false });
    expect(seen.tooFar).toBeUndefined();
    expect(describeReplica(seen)).toBe(
      'streams, 0 bytes and 0ms behind, last transaction of 2026-01-02T11:59:58.000+00:00, slot held',
    );
  });

  test('the primary is gone: what it lacks is what was heard of last, or not known', () => {
    expect(replicaEvidence(wanted, undefined, replica)).toMatchObject({ usable: true, missing: 0, slot: 'unknown' });
    const cut = { ...replica, server: { ...server, receiver: null } };
    const seen = replicaEvidence(wanted, undefined, cut);
    expect(seen.missing).toBeUndefined();
    expect(describeReplica(seen)).toContain('what it lacks is not known');
    const texts = replicaRisks('failover', { from: 'us-east-1', to: 'us-west-2', lostAt: noon }, [seen]);
    expect(texts['replica-loss']).toContain(
      'Its last transaction is of 2026-01-02T11:59:58.000+00:00, 2.0s before the outage.',
    );
  });

  test('the primary was stopped cleanly and all has arrived: a failover loses nothing', () => {
    const stopped: ServerState = { control: { ...control, state: 'shut down' }, undone: false, why: 'stopped' };
    const all = { ...replica, server: { ...server, replayedLsn: '0/5000078' } };
    const seen = replicaEvidence(wanted, stopped, all);
    expect(seen.complete).toBe(true);
    expect(risks('failover', seen)).toEqual(['no-replica-after']);
    expect(risks('failover', replicaEvidence(wanted, stopped, replica))).toContain('replica-loss');
  });

  test('it is no standby, or of another cluster: it is restored instead', () => {
    const other = { ...primary, control: { ...control, systemIdentifier: '99' } };
    const empty = { ...replica, server: { ...server, inRecovery: false } };
    for (const seen of [replicaEvidence(wanted, other, replica), replicaEvidence(wanted, primary, empty)]) {
      expect(seen.usable).toBe(false);
      expect(risks('failover', seen)).toEqual(['replica-unusable']);
      expect(describeReplica(seen)).toContain('cannot be promoted');
    }
  });

  test('its slot is lost', () => {
    const slotOf = (given: object[]) =>
      replicaEvidence(wanted, { ...primary, server: { ...primary.server, slots: given } } as ServerState, replica).slot;
    expect(slotOf([])).toBe('missing');
    expect(slotOf([{ ...slots[0], status: 'lost' }])).toBe('lost');
  });

  test('is nobody’s concern where nothing moves', () => {
    expect(risks('backup', replicaEvidence(wanted, undefined, replica))).toEqual([]);
  });
});
