import { describe, expect, test } from 'vitest';
import { detailsLimit, directionOf, presentStatus } from '../../../domain/run/present.ts';
import { approvalFor } from '../../../domain/run/present-needs.ts';
import { approvalSchema } from '../../../domain/run/run.ts';
import { aStage, aStatus, aStep, at } from './a-run.ts';

const waiting = aStatus({
  phase: 'awaiting-approval',
  needs: [{ what: 'Approve or reject', since: at(0), how: 'muster approve spacetime' }],
});

describe('a status as Markdown', () => {
  test('opens with the direction in capitals', () => {
    expect(presentStatus(waiting).split('\n')[0]).toBe('# FAILOVER us-east-1 -> us-west-2');
  });

  test('holds JSON that is a valid approval of this playbook with every risk by name', () => {
    const json = /```json\n([\s\S]*?)```/.exec(presentStatus(waiting))?.[1] ?? '';
    const approval = approvalSchema.parse(JSON.parse(json));
    expect(approval).toMatchObject({ playbook: waiting.playbook, accept: ['old-primary-not-fenced'], decision: 'go' });
  });

  test('asks for no approval when none is wanted', () => {
    expect(presentStatus(aStatus())).not.toContain('```json');
  });

  test('holds what to paste for a failed step, a manual step, a gate and a pause', () => {
    const markdown = presentStatus(
      aStatus({
        paused: true,
        needs: [{ what: 'a decision', since: at(0), how: 'muster retry spacetime a' }],
        stages: [
          aStage('x', [
            [
              aStep('a', { state: 'failed' }),
              aStep('m', { state: 'running', kind: 'manual' }),
              aStep('r', { state: 'running' }),
            ],
          ]),
          aStage('Fenced', [], { type: 'gate', state: 'waiting' }),
        ],
      }),
    );
    const payloads = [...markdown.matchAll(/^- (`\w+`(?: or `\w+`)?): `(\{.*\})`$/gm)].map(([, name, json = '']) => [
      name,
      JSON.parse(json),
    ]);
    expect(payloads).toEqual([
      ['`retry` or `skip`', { by: 'YOUR NAME', step: 'a', reason: 'WHY' }],
      ['`confirm`', { by: 'YOUR NAME', step: 'm' }],
      ['`acceptRisk`', { by: 'YOUR NAME', risk: 'old-primary-not-fenced', playbook: 'ab'.repeat(32), reason: 'WHY' }],
      ['`resume`', { by: 'YOUR NAME' }],
      ['`abort`', { by: 'YOUR NAME', reason: 'WHY' }],
    ]);
  });

  test('shows facts that are not good and risks that are open', () => {
    const markdown = presentStatus(waiting);
    expect(markdown.replaceAll('\u00a0', '')).toContain('| Health of us-east-1 | no answer | **bad** |');
    expect(markdown).toMatch(/old-primary-not-fenced.*\*\*open\*\*/);
  });

  test('shows states, durations, tries and errors of steps', () => {
    const markdown = presentStatus(
      aStatus({
        stages: [
          aStage('Restore', [
            [
              aStep('a', { state: 'running', startedAt: at(0) }),
              aStep('b', { state: 'done', startedAt: at(0), finishedAt: at(2_000), outcome: 'done already' }),
            ],
            [
              aStep('c', {
                state: 'failed',
                generation: 2,
                error: { type: 'HostSilent', message: 'no answer | at all' },
              }),
            ],
          ]),
        ],
      }),
      { now: at(65_000) },
    );
    expect(markdown).toMatch(/`a`\s+\| running\s+\| 1m5s/);
    expect(markdown).toMatch(/`b`\s+\| done\s+\| 2\.0s\s+\| done already/);
    expect(markdown).toMatch(/`c`\s+\| \*\*FAILED\*\* \(try 2\)\s.*HostSilent: no answer \\\| at all/);
  });

  test('a message from a host cannot break the table or bring HTML', () => {
    const markdown = presentStatus(
      aStatus({
        stages: [aStage('x', [[aStep('a', { state: 'failed', error: { type: 'E', message: 'one\ntwo <script>' } })]])],
      }),
    );
    expect(markdown).toContain('E: one two &lt;script>');
  });

  test('never passes the limit of the server, and still holds the approval', () => {
    const steps = Array.from({ length: 400 }, (_, n) =>
      aStep(`step-${n}`, { title: 'é'.repeat(120), state: 'running' }),
    );
    const stages = Array.from({ length: 8 }, (_, n) => aStage(`Stage ${n}`, [steps], { state: 'running' }));
    const markdown = presentStatus({ ...waiting, stages }, { now: at(0) });
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(detailsLimit);
    expect(markdown).toContain('```json');
    expect(markdown).toContain('Shortened');
  });
});

test('a direction says where a backup and a recovery in place happen', () => {
  expect(directionOf({ procedure: 'backup', from: 'us-east-1', to: 'us-east-1' })).toBe('BACKUP OF us-east-1');
  expect(directionOf({ procedure: 'full-recovery', from: 'us-east-1', to: 'us-east-1' })).toBe(
    'FULL RECOVERY IN us-east-1',
  );
});

test('an approval to paste names nobody by default, so that a person has to', () => {
  expect(approvalFor(waiting).by).toBe('YOUR NAME');
});
