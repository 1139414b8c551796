/** The break-glass script's promotion of an RDS replica: bash and the aws command against moto. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { promoteRdsReplica } from '../../../activities/databases/rds/promote-replica.ts';
import type { ScriptTools } from '../../../activities/runbook/script-tools.ts';
import { stepScripts } from '../../../activities/runbook/step-scripts.ts';
import { pythonTool } from '../../../lab/tools/python.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { east, seedReplica, west } from '../databases/rds/two-regions.ts';

const run = promisify(execFile);
const library = fileURLToPath(new URL('../../../activities/runbook/library/', import.meta.url));
let aws: Aws;
let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-glass-rds-'));
  aws = await startAws();
  path = `${await pythonTool('awscli', { note: () => {} })}:${process.env.PATH}`;
});
afterAll(async () => {
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => seedReplica(aws));

/** As the step's own function in the script has it. */
async function promoted(source = 'orders-east', within = 30_000): Promise<string> {
  const input = {
    ...{ database: 'orders', follows: true, backupRetention: 7, within },
    replica: { site: west, region: west, instance: 'orders-west' },
    source: { site: east, region: east, instance: source },
  };
  const script = stepScripts.find(({ kind }) => kind === promoteRdsReplica.kind);
  const lines = await script?.lines(input, {} as ScriptTools);
  const preamble = `set -euo pipefail; shopt -s inherit_errexit; exec 3>&2; state=${folder}; step=test; run=run-1
    for file in talk json power rds; do . ${library}$file.sh; done; assert_lease() { echo lease; }`;
  const { stdout, stderr } = await run('bash', ['-c', `${preamble}\n${lines?.join('\n')}`], {
    env: {
      ...{ PATH: path, HOME: folder, AWS_ENDPOINT_URL: aws.rdsFront.url },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    },
  });
  return `${stdout}${stderr}`;
}
const promotions = () => aws.rdsFront.asked.filter((each) => each.startsWith('PromoteReadReplica'));

describe('promote_rds', () => {
  test('promotes once under the lease, waits until it follows nothing, and finds it done the second time', async () => {
    expect(await promoted()).toMatch(/lease[\s\S]*promoted; orders-west takes writes/);
    expect(await promoted()).not.toMatch(/lease|promoted;/);
    expect(promotions()).toEqual([`PromoteReadReplica ${west} orders-west`]);
  });

  test('stops before what follows another instance, and before a state that time does not mend', async () => {
    await expect(promoted('billing-east')).rejects.toThrow(/follows arn:.*:orders-east, not billing-east/);
    aws.rdsFront.say(west, 'orders-west', ['storage-full']);
    await expect(promoted()).rejects.toThrow(/orders-west in us-west-2 is storage-full/);
    expect(promotions()).toEqual([]);
  });

  test('asks again where RDS did not take it', async () => {
    aws.rdsFront.refuse('PromoteReadReplica', 'InvalidDBInstanceState', 1);
    expect(await promoted()).toMatch(/RDS did not take it[\s\S]*promoted; orders-west takes writes/);
    expect(promotions()).toHaveLength(2);
  });

  test('fails at once where the right is missing', async () => {
    aws.rdsFront.refuse('PromoteReadReplica', 'AccessDenied', 9);
    const within = 600_000;
    await expect(promoted('orders-east', within)).rejects.toThrow(/does not let these credentials promote orders-west/);
    expect(promotions()).toHaveLength(1);
  });
});
