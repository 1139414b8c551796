import { expect, it } from 'vitest';
import { stepDefinitions } from '../../activities/registry.ts';
import { componentSchema } from '../../domain/plan/component.ts';
import { playbookSchema } from '../../domain/playbook/playbook.ts';
import { compilers } from '../../playbooks/index.ts';
import { aSituation } from './a-situation.ts';

it('refuses a plan in which nothing keeps a log, and says what would', async () => {
  const situation = await aSituation('log-shipping');
  expect(() => compilers['log-shipping'](situation)).toThrow(
    expect.objectContaining({ type: 'NoLog', message: expect.stringContaining('spacetime') }),
  );
});

it('ships the log of each component that keeps one, with a key pair of its own, from its own host', async () => {
  const situation = await aSituation('log-shipping');
  const database = (name: string, binlogs: boolean) =>
    componentSchema.parse({ name, driver: 'mariadb', host: 'db', rank: 1, database: name, binlogs });
  const components = [...situation.plan.components, database('shop', true), database('cache', false)];
  const playbook = playbookSchema.parse(
    compilers['log-shipping']({ ...situation, plan: { ...situation.plan, components } }),
  );
  const ranks = playbook.items.flatMap((item) => (item.type === 'stage' ? item.ranks : []));
  expect(ranks.map((rank) => rank.map(({ id, kind, needs }) => [id, kind, needs]))).toEqual([
    [['prepare-log-shop', 'preparePoint', []]],
    [['ship-log-shop', 'shipLogs', ['prepare-log-shop']]],
  ]);
  for (const step of ranks.flat()) {
    const definition = stepDefinitions.find(({ kind }) => kind === step.kind);
    const input = definition?.input.parse(step.input);
    expect(definition?.title(input)).toBe(step.title);
    expect(definition?.shell(input).join('')).not.toBe('');
  }
});
