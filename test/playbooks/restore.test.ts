/** Restores of a part: which components, which hosts, and whether the service is stopped. */
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../domain/errors.ts';
import { stepsOf } from '../../domain/playbook/playbook.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import type { RestoreRequest } from '../../domain/run/restore-request.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { compilers } from '../../playbooks/index.ts';
import { aSituation } from './a-situation.ts';

async function situation(request: RestoreRequest, procedure: Procedure = 'restore'): Promise<Situation> {
  const given = await aSituation(procedure);
  // Loaded plans are shared.
  return { ...given, plan: { ...given.plan }, request: { restore: request } };
}
const compiled = async (
  request: RestoreRequest,
  change: (situation: Situation) => void = () => {},
  procedure: Procedure = 'restore',
) => {
  const given = await situation(request, procedure);
  change(given);
  return compilers[procedure](given);
};
const steps = async (...given: Parameters<typeof compiled>) => stepsOf(await compiled(...given)).map(({ id }) => id);
const setAll =
  (field: 'needsStop' | 'reload', value: unknown) =>
  ({ plan }: Situation) => {
    plan.components = plan.components.map((component) => ({ ...component, [field]: value }));
  };
const refused = async (request: RestoreRequest, procedure: Procedure = 'restore') =>
  await compiled(request, () => {}, procedure).then(
    () => 'compiled',
    (error: Refusal) => (error instanceof Refusal ? `${error.type}: ${error.message}` : String(error)),
  );

describe('a configuration rollback', () => {
  it('restores the configuration alone, with the service stopped, and undoes until it starts', async () => {
    const ids = await steps({ configOnly: true });
    expect(ids).toEqual([
      'take-lease',
      'await-host-app',
      'check-host-app',
      'stop-service',
      'restore-configuration',
      'check-data-configuration',
      'start-service',
      'check-health',
      'await-spacetime-api-company-com',
      'see-from-outside',
    ]);
  });

  it('leaves the service running where the plan says so, and reloads', async () => {
    const running = (given: Situation) => {
      setAll('needsStop', false)(given);
      setAll('reload', 'sudo systemctl reload nginx')(given);
    };
    const ids = await steps({ configOnly: true }, running);
    expect(ids).not.toContain('stop-service');
    expect(ids.indexOf('reload-configuration')).toBeGreaterThan(ids.indexOf('check-data-configuration'));
  });

  it('takes the components that the plan marks, where it marks any', async () => {
    const marked = ({ plan }: Situation) => {
      plan.components = plan.components.map((each) => ({ ...each, rollback: each.name === 'certificates' }));
    };
    expect(await steps({ configOnly: true }, marked)).toContain('restore-certificates');
    expect(await steps({ configOnly: true }, marked)).not.toContain('restore-configuration');
  });
});

describe('chosen paths', () => {
  const inputs = async (paths: string[]) =>
    stepsOf(await compiled({ paths }))
      .filter(({ kind }) => kind === 'restoreComponent' || kind === 'checkData')
      .map(({ id, input }) => [id, input.paths]);

  it('belong to the component that names them most closely, and are checked alone', async () => {
    expect(await inputs(['/opt/spacetime/production/.env', '/opt/spacetime/production/vr_main.tscn/'])).toEqual([
      ['restore-configuration', ['/opt/spacetime/production/.env']],
      ['restore-application', ['/opt/spacetime/production/vr_main.tscn']],
      ['check-data-configuration', ['/opt/spacetime/production/.env']],
      ['check-data-application', ['/opt/spacetime/production/vr_main.tscn']],
    ]);
  });

  it('match a glob of the plan, and above its roots mean all of them', async () => {
    expect(await inputs(['/etc/ssl/certs/spacetime-api.pem'])).toContainEqual([
      'restore-certificates',
      ['/etc/ssl/certs/spacetime-api.pem'],
    ]);
    expect((await inputs(['/etc'])).map(([id]) => id)).toEqual(
      expect.arrayContaining(['restore-configuration', 'restore-certificates']),
    );
  });

  it('that nothing of the plan holds are refused', async () => {
    expect(await refused({ paths: ['/etc/ssl/certs/other.pem'] })).toMatch(
      /^PathUnknown: .*\/etc\/ssl\/certs\/other\.pem/,
    );
    expect(await refused({ paths: ['/opt/spacetime/production2'] })).toMatch(/^PathUnknown/);
    expect(await refused({ paths: ['/opt/spacetime/logs/a'], components: ['application'] })).toMatch(/^PathUnknown/);
  });
});

describe('another host', () => {
  it('is given what is restored, and the service is neither stopped nor asked', async () => {
    const onto = (given: Situation) => {
      const [host] = given.assessment.hosts;
      given.assessment.hosts.push({
        ...(host as NonNullable<typeof host>),
        name: '10.0.3.7',
        group: '10.0.3.7',
        address: '10.0.3.7',
      });
    };
    const playbook = await compiled({ host: '10.0.3.7', components: ['application', 'database'] }, onto);
    const used = stepsOf(playbook).map(({ id, input }) => [id, (input.host as { address: string }).address]);
    expect(used.map(([id]) => id)).toEqual(
      [
        'await-host-10-0-3-7',
        'check-host-10-0-3-7',
        'restore-database',
        'restore-application',
        'check-data-database',
        'check-data-application',
      ].toSorted((a, b) => used.findIndex(([id]) => id === a) - used.findIndex(([id]) => id === b)),
    );
    expect(new Set(used.map(([, address]) => address))).toEqual(new Set(['10.0.3.7']));
    expect(playbook.items.some(({ type }) => type === 'pointOfNoReturn')).toBe(false);
  });
});

describe('a bare host', () => {
  const bare = {
    app: {
      packages: ['nginx'],
      users: [{ name: 'spacetime-app', home: '/opt', shell: '/bin/false' }],
      units: ['godot-spacetime'],
    },
  };
  const withBare = ({ plan }: Situation) => {
    plan.bare = bare;
  };

  it('is made ready first, is not stopped, and its units start with it', async () => {
    const ids = await steps({ components: ['application'], bare: true }, withBare);
    expect(ids.slice(1, 5)).toEqual(['await-host-app', 'prepare-host-app', 'check-host-app', 'restore-application']);
    expect(ids).toContain('enable-units-app');
    expect(ids).not.toContain('stop-service');
    expect(ids).toContain('start-service');
  });

  it('must not hold what is restored, unless somebody says so', async () => {
    const input = async (how: true | 'anyway') =>
      stepsOf(await compiled({ components: ['application', 'certificates'], bare: how }, withBare)).find(
        ({ kind }) => kind === 'prepareHost',
      )?.input;
    expect(await input(true)).toMatchObject({ places: ['/opt/spacetime/production'], anyway: false, bare: bare.app });
    expect(await input('anyway')).toMatchObject({ anyway: true });
  });

  it('is given nothing that the plan does not name', async () => {
    expect(await refused({ components: ['application'], bare: true })).toMatch(/^NothingForBare: .*app/);
  });

  it('is made ready before a full recovery, too', async () => {
    const all = (given: Situation) => {
      given.plan.bare = { ...bare, db: { packages: ['postgresql'], users: [], units: [] } };
    };
    const ids = await steps({ bare: true }, all, 'full-recovery');
    expect(ids).toEqual(expect.arrayContaining(['prepare-host-app', 'prepare-host-db', 'enable-units-app']));
    expect(ids).not.toContain('stop-service');
  });
});

describe('a scratch place', () => {
  it('holds each of several components in a folder of its own, and nothing else is done', async () => {
    const playbook = await compiled(
      { components: ['configuration', 'application'], into: '/mnt/x' },
      () => {},
      'scratch-restore',
    );
    const restores = stepsOf(playbook).filter(({ kind }) => kind === 'restoreComponent');
    expect(restores.map(({ input }) => input.into)).toEqual(['/mnt/x/configuration', '/mnt/x/application']);
    expect(stepsOf(playbook).map(({ kind }) => kind)).not.toContain('stopService');
  });

  it('is a folder for files and a name for one database', async () => {
    const into = (request: RestoreRequest) => refused(request, 'scratch-restore');
    expect(await into({ into: '/mnt/x' })).toMatch(/^BadInput: .*database/);
    expect(await into({ into: 'copy' })).toMatch(/^BadInput/);
    expect(await into({ into: 'copy', components: ['application'] })).toMatch(/^BadInput/);
    expect(await into({ into: 'copy', components: ['database'] })).toBe('compiled');
    expect(await into({ components: ['database'] })).toMatch(/^BadInput/);
  });
});

describe('what cannot be done is refused before anything is touched', () => {
  it.each<[RestoreRequest, RegExp]>([
    [{ tables: ['players'] }, /^BadInput: .*one database/],
    [{ tables: ['players'], components: ['application'] }, /^BadInput/],
    [{ components: ['nothing'] }, /^ComponentUnknown: .*nothing/],
    [{ components: ['configuration'], until: '2025-11-10T12:00:00+00:00' }, /^NoLogKept: .*--date/],
    [{ components: ['application'], configOnly: true }, /^BadInput/],
  ])('%j', async (request, why) => expect(await refused(request)).toMatch(why));

  it('a part by a procedure that brings back everything', async () => {
    expect(await refused({ components: ['application'] }, 'full-recovery')).toMatch(/^BadInput: .*whole service/);
    expect(await refused({ date: '20251110' }, 'full-recovery')).toBe('compiled');
    expect(await refused({ into: '/mnt/x' }, 'failover')).toMatch(/^BadInput/);
  });
});

it('one table of a database is restored and not compared with all rows of the point', async () => {
  const playbook = await compiled({ components: ['database'], tables: ['players'] });
  const [restore] = stepsOf(playbook).filter(({ kind }) => kind === 'restoreComponent');
  expect(restore?.input.tables).toEqual(['players']);
  expect(restore?.title).toBe('Restore players of database on db from 20260102_020000');
  const kinds = stepsOf(playbook).map(({ kind }) => kind);
  expect(kinds).not.toContain('checkData');
  // It is put beside the present one: the service need not stop for that, nor be well after it.
  expect(kinds).not.toContain('stopService');
  expect(kinds).not.toContain('checkHealth');
});

it('the location that was asked for is read first', async () => {
  const [restore] = stepsOf(await compiled({ from: 'company-backups-dr' }, () => {}, 'full-recovery')).filter(
    ({ kind }) => kind === 'restoreComponent',
  );
  expect(restore?.input.locations).toEqual(['company-backups-dr', 'company-backups']);
});

describe('a point in cold storage', () => {
  const cold = { location: 'company-backups-dr', parts: 4, classes: ['GLACIER'], expected: 18_000_000 };
  const frozen = (given: Situation) => {
    given.assessment.cold = cold;
  };

  it.each<Procedure>(['restore', 'full-recovery', 'failover'])(
    'is waited for by a %s before anything is restored',
    async (procedure) => {
      const request: RestoreRequest = procedure === 'restore' ? { components: ['application'] } : {};
      const ids = await steps(request, frozen, procedure);
      expect(ids.indexOf('thaw-point')).toBeGreaterThanOrEqual(0);
      expect(ids.indexOf('thaw-point')).toBeLessThan(ids.indexOf('restore-application'));
      if (procedure !== 'failover') expect(ids.indexOf('thaw-point')).toBeLessThan(ids.indexOf('stop-service'));
    },
  );
});
