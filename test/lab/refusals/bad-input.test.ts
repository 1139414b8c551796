/** Bad input, as an operator would type it: a clear error with a hint, before anything is changed. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Assessment } from '../../../domain/playbook/assessment.ts';
import { pointFiles } from '../support/point-files.ts';
import { openScenario, recovery, type Scenario } from '../support/scenario.ts';
import { type WorldNow, worldNow } from '../support/untouched.ts';
import { withOverlay, withPlanText } from '../support/with-plan.ts';

let scenario: Scenario;
let before: WorldNow;
beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  return () => scenario.close();
});
beforeEach(async () => {
  before = await worldNow(scenario);
});
afterEach(async () => {
  expect(await worldNow(scenario)).toEqual(before);
});

/** Starts a recovery, watches it end without being done, and answers all that was said. */
async function refused(words: string[]): Promise<string> {
  const started = await scenario.muster([...words, '--by', 'tests', '--watch']);
  const said = `${started.stdout}${started.stderr}`;
  expect({ said, code: started.code }).toEqual({ said, code: 4 });
  expect(said).toContain('Try: ');
  return said;
}

describe('a plan with a mistake is refused by every verb, with the line', () => {
  test('a key that nobody knows, with the nearest one', async () => {
    const edit = (text: string) => text.replace('  rpo: 1h', '  rpoo: 1h');
    await withPlanText(scenario.lab.dir, edit, async () => {
      for (const words of [
        ['plan', 'check', 'spacetime'],
        ['failover', 'spacetime'],
        ['backup', 'spacetime'],
      ]) {
        const { code, stdout, stderr } = await scenario.muster(words);
        expect({ words, code }).toEqual({ words, code: 2 });
        expect(stdout + stderr).toMatch(/spacetime\.yaml:\d+.*rpoo[\s\S]*rpo/);
      }
    });
  });

  test('a duration without a unit', async () => {
    const edit = (text: string) => text.replace('expected: 15m,', 'expected: 15,');
    await withPlanText(scenario.lab.dir, edit, async () => {
      const { code, stdout, stderr } = await scenario.muster(['failover', 'spacetime']);
      expect(code).toBe(2);
      expect(stdout + stderr).toMatch(/spacetime\.yaml:\d+.*objectives\.rto\.failover\.expected[\s\S]*15m/);
    });
  });
});

describe('a service name that is a path', () => {
  test('is refused by the command', async () => {
    for (const verb of ['failover', 'restore', 'backup']) {
      const { code, stderr, stdout } = await scenario.muster([verb, '../x']);
      expect({ verb, code }).toEqual({ verb, code: 2 });
      expect(stderr + stdout).toMatch(/\.\.\/x[\s\S]*Try: /);
    }
  });

  test('is refused by a run that was started from the form', async () => {
    const input = { procedure: 'failover', service: '../x', by: 'tests' };
    const handle = await scenario.client.workflow.start('failover', {
      taskQueue: 'muster',
      workflowId: 'x-recovery',
      args: [input],
    });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'BadInput' } });
  });
});

describe('what the plan names and the world does not have', () => {
  test('a host that matches no tag', async () => {
    const edit = (plan: { sites: Record<string, object> }) => {
      Object.assign(plan.sites['us-west-2'] as object, { hosts: { app: { tags: { Environment: 'nowhere' } } } });
    };
    await withOverlay(scenario.lab.dir, edit, async () => {
      const said = await refused(['failover', 'spacetime']);
      expect(said).toContain('No instance at us-west-2 has the tags of app (Environment=nowhere');
    });
  });

  test('a zone that does not exist', async () => {
    const edit = (plan: { traffic: { zone: string } }) => {
      plan.traffic.zone = 'Z0000000000000';
    };
    await withOverlay(scenario.lab.dir, edit, async () => {
      expect(await refused(['failover', 'spacetime'])).toContain('Z0000000000000');
    });
  });

  test('a secret that is missing', async () => {
    const edit = (plan: { sites: Record<string, { key: object }> }) => {
      (plan.sites['us-west-2'] as { key: object }).key = { file: '/etc/muster/nobody-put-it-here.key' };
    };
    await withOverlay(scenario.lab.dir, edit, async () => {
      const said = await refused(['failover', 'spacetime']);
      expect(said).toMatch(/sites\.us-west-2\.key.*nobody-put-it-here\.key/);
    });
  });

  test('a recovery point that is not there, with those that are', async () => {
    const said = await refused(['failover', 'spacetime', '--point', '20200101_000000']);
    expect(said).toContain('There is no usable recovery point 20200101_000000');
    const { json } = await scenario.muster(['points', 'spacetime', '--json']);
    expect(said).toContain((json as { points: { id: string }[] }).points[0]?.id);
  });
});

describe('a manifest that cannot be believed is no recovery point', () => {
  /** As put by somebody who may write to the store: the store's own checksum is that of the new bytes. */
  const asPut = (file: string) => `setfattr -x user.checksums ${file}`;

  test('truncated, at every location', async () => {
    const files = await pointFiles(scenario);
    const cut = (file: string) => `truncate -s -100 ${file}; ${asPut(file)}`;
    await files.change('points/*/manifest.json', cut, async () => {
      expect(await refused(['failover', 'spacetime'])).toMatch(/nothing to restore[\s\S]*refused: ManifestTruncated/);
    });
  });

  test('changed and signed again with another key, at every location', async () => {
    const files = await pointFiles(scenario);
    const key = await files.sh('key=$(mktemp); openssl genpkey -algorithm ed25519 -out $key; echo $key');
    const own = `$(openssl pkey -in ${key} -pubout -outform DER | sha256sum | head -c 64)`;
    const change = (file: string) => `sed -i 's/"signer": *"[0-9a-f]*"/"signer":"'"${own}"'"/' ${file}`;
    const sign = (file: string) =>
      `openssl pkeyutl -sign -rawin -inkey ${key} -in ${file.replace(/\.sig$/, '')} -out ${file}; ${asPut(file)}`;
    await files.change('points/*/manifest.json', change, () =>
      files.change('points/*/manifest.json.sig', sign, async () => {
        expect(await refused(['failover', 'spacetime'])).toMatch(/nothing to restore[\s\S]*refused: SignerUnknown/);
      }),
    );
    await files.sh(`rm ${key}`);
  });

  test('rotten on the disk of one location: the other copy is used, and the location still answers', async () => {
    const files = await pointFiles(scenario);
    const cut = (file: string) => `truncate -s -100 ${file}`;
    const look = async () => {
      const { code, json } = await scenario.muster(['preview', 'spacetime', 'failover', '--json']);
      expect(code).toBe(0);
      const { assessment } = json as { assessment: Assessment };
      expect(assessment.point?.locations).toEqual(['company-backups']);
      const fact = assessment.facts.find(({ id }) => id === 'points-company-backups-dr');
      expect(fact?.value).toBe(`none; ${files.id} refused: ObjectDamaged`);
      expect(assessment.risks.map(({ id }) => id)).toContain('too-few-copies');
    };
    await files.change('points/*/manifest.json', cut, look, ['us-west-2']);
  });
});

describe('a host that cannot be restored to', () => {
  test('has no zstd', async () => {
    await onHost('mv /usr/bin/zstd /usr/bin/zstd.away', 'mv /usr/bin/zstd.away /usr/bin/zstd', async () => {
      expect(await refused(['restore', 'spacetime'])).toMatch(/zstd[\s\S]*apt-get install/);
    });
  });

  test('has OpenSSL 1.1', async () => {
    const fake = `printf '#!/bin/sh\\necho OpenSSL 1.1.1n  15 Mar 2022\\n' >/usr/local/bin/openssl; chmod 755 /usr/local/bin/openssl`;
    await onHost(fake, 'rm /usr/local/bin/openssl', async () => {
      expect(await refused(['restore', 'spacetime'])).toMatch(
        /openssl is 1\.1\.1, and 3\.0 or later is needed\. Try: /,
      );
    });
  });

  test('has too little room', async () => {
    const small = 'mount -t tmpfs -o size=64k,mode=1777 small /var/tmp';
    const check = async () => {
      expect(await refused(['restore', 'spacetime'])).toMatch(
        /\/var\/tmp has 0\.000 GB free, and 0\.\d+ GB are needed\. Try: df -h \/var\/tmp; make room/,
      );
    };
    await onHost(small, 'umount /var/tmp', check, 'db-us-east-1');
  });

  async function onHost(spoil: string, mend: string, work: () => Promise<void>, host = 'app-us-east-1') {
    const { lab } = scenario;
    expect(await lab.ssh(host, spoil)).toMatchObject({ code: 0 });
    try {
      await work();
    } finally {
      expect(await lab.ssh(host, mend)).toMatchObject({ code: 0 });
    }
  }
});

test('a refused run is over: nothing holds the service any more', async () => {
  const { status } = await scenario.client.workflow.getHandle(recovery).describe();
  expect(status.name).toBe('FAILED');
});
