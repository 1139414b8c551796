/** A failover while AWS misbehaves and the nearest store has rotted: it succeeds, and says what it met. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { clearFaults, hits, setFault } from '../../../lab/aws/faults.ts';
import { tookOf } from '../support/attempts.ts';
import { pointFiles } from '../support/point-files.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { worldNow } from '../support/untouched.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});

describe('a failover while Route 53 throttles, a part is corrupted and another is deleted in the nearest store', () => {
  let ended: RunStatus;
  let throttled: number;
  let damaged: string;
  let deleted: string;
  beforeAll(async () => {
    await scenario.reset();
    const files = await pointFiles(scenario);
    const near = ['us-west-2'] as const;
    // A byte in the middle becomes another one; size, time and name stay.
    const flip = (file: string) =>
      `at=$(($(stat -c %s ${file}) / 2)); old=$(od -An -tu1 -j $at -N 1 ${file}); ` +
      `printf "\\\\x$(printf %x $((old ^ 1)))" | dd of=${file} bs=1 seek=$at conv=notrunc status=none`;
    await files.change(
      'archives/*/application/00001*',
      flip,
      async (one) => {
        damaged = one;
        const remove = (file: string) => `rm ${file}`;
        await files.change(
          'archives/*/certificates/00000*',
          remove,
          async (other) => {
            deleted = other;
            await scenario.startFailover();
            const fault = {
              service: 'route53',
              action: 'ChangeResourceRecordSets',
              kind: 'throttle',
              times: 3,
            } as const;
            const id = await setFault(scenario.lab.awsControl, fault);
            expect(await scenario.approve()).toMatchObject({ taken: true });
            ended = await scenario.finish();
            throttled = await hits(scenario.lab.awsControl, id);
          },
          near,
        );
      },
      near,
    );
  });

  test('Route 53 was throttled three times, and the name moved', async () => {
    expect(throttled).toBe(3);
    expect(await scenario.addressOf()).toBe('10.77.2.10');
  });

  test('the corrupted part was noticed by its hash and taken from the other store', async () => {
    const { outcome } = stepOf(ended, 'restore-application') ?? {};
    expect(outcome).toMatch(
      /^restored; 1 part from company-backups, because company-backups-dr has other bytes \(.*SHA-256/,
    );
    expect(damaged).toContain('/application/00001');
  });

  test('the deleted part too', async () => {
    expect(stepOf(ended, 'restore-certificates')?.outcome).toBe(
      'restored; 1 part from company-backups, because company-backups-dr does not have it',
    );
    expect(deleted).toContain('/certificates/00000');
  });

  test('the report says both', async () => {
    const { code, stdout } = await scenario.muster(['report', 'spacetime']);
    expect(code).toBe(0);
    expect(stdout).toContain('company-backups-dr has other bytes');
    expect(stdout).toContain('company-backups-dr does not have it');
  });

  test('what is served is the recovery point', () => scenario.expectDataOf('us-west-2'));
});

describe('EC2 hanging in the dead region', () => {
  beforeEach(() => scenario.reset());
  afterAll(() => clearFaults(scenario.lab.awsControl));

  test('does not delay the decision: facts and risks within seconds, and what is not known is said', async () => {
    const { lab } = scenario;
    await lab.kill('us-east-1');
    const id = await setFault(lab.awsControl, { service: 'ec2', region: 'us-east-1', kind: 'hang' });
    const before = await worldNow(scenario);
    const waiting = await scenario.startFailover();
    // From when a worker that lives has it: tasks that Temporal gives to dead ones are lost for 10 s each, whatever EC2 does.
    expect(await tookOf(scenario.handle(), 'assess')).toBeLessThan(10_000);
    expect(await hits(lab.awsControl, id)).toBeGreaterThan(0);
    const fact = waiting?.facts.find((each) => each.id === 'hosts-us-east-1');
    expect(fact).toMatchObject({ state: 'unknown', value: expect.stringMatching(/^not known: /) });
    expect(waiting?.risks.map((risk) => risk.id)).toContain('old-primary-not-fenced');
    const no = await scenario.muster(['reject', 'spacetime', '--by', 'dana', '--reason', 'only a look']);
    expect(no.code).toBe(0);
    await scenario.until('it is over', ({ phase }) => phase === 'rejected');
    expect(await worldNow(scenario)).toEqual(before);
  });
});
