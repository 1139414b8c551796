/** A failover by people who have a browser and nothing else: started, read, approved and followed in the Temporal UI. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Approval, approvalSchema } from '../../../domain/run/run.ts';
import { startForm } from '../../../scripts/cli/links.ts';
import { openScenario, recovery, type Scenario } from '../support/scenario.ts';
import { openTemporalUi, type TemporalUi } from './temporal-ui.ts';

let scenario: Scenario;
let ui: TemporalUi;

beforeAll(async () => {
  scenario = await openScenario();
  ui = await openTemporalUi(scenario.lab.state.relays.ui);
});
afterAll(async () => {
  await ui?.close();
  await scenario?.close();
});
beforeEach(() => scenario.reset());

test.each([
  ['an Update', 'Update'],
  ['a Signal', 'Signal'],
] as const)(
  'in Chromium a failover is started from its form, read, approved by %s, and seen to its end',
  async (_, kind) => {
    const picture = (name: string) => `${kind.toLowerCase()}-${name}`;
    const { lab } = scenario;
    await lab.kill('us-east-1');
    const sites = { from: 'us-east-1', to: 'us-west-2' };
    const who = { by: 'night-shift', reason: 'us-east-1 does not answer' };
    const place = { base: lab.state.relays.ui, namespace: 'default' };
    const { form, input } = startForm(place, { procedure: 'failover', service: 'spacetime', ...sites, ...who });
    await ui.startFrom(form, JSON.parse(input), picture('1-start-form'));

    const text = await ui.details(recovery, 'Needed from a person now');
    await ui.shoot(picture('2-facts-and-risks'));
    expect(text).toContain('FAILOVER us-east-1 -> us-west-2');
    expect(text).toMatch(/asked for by night-shift: us-east-1 does not answer/);
    const status = await scenario.status();
    for (const { title } of status.facts) expect(text).toContain(title);
    for (const { id, text: meaning } of status.risks) {
      expect(text).toContain(id);
      expect(text).toContain(meaning);
    }
    expect(status.risks.map(({ id }) => id)).toContain('old-primary-not-fenced');

    const toPaste = approvalIn(text);
    expect(toPaste).toMatchObject({ playbook: status.playbook, accept: status.risks.map(({ id }) => id) });
    await ui.send(kind, 'approve', { ...toPaste, by: 'duty-manager' }, picture('3-approval'));

    await ui.details(recovery, 'executing');
    await ui.shoot(picture('4-under-way'));
    await ui.details(recovery, 'spacetime: done');
    await ui.shoot(picture('5-done'));
    await ui.open(recovery, 'timeline');
    await ui.page.getByText('Completed').first().waitFor();
    for (const summary of [
      'Restore database on db from',
      'Point spacetime-api.company.com at us-west-2',
      'Speak when 50 % of the RTO',
    ]) {
      await ui.page.getByText(summary).first().waitFor();
    }
    await ui.shoot(picture('6-timeline'));

    const ended = await scenario.status();
    expect(ended).toMatchObject({ phase: 'done', approvals: [{ by: 'duty-manager', decision: 'go', accepted: true }] });
    expect(await scenario.addressOf()).toBe('10.77.2.10');
    await scenario.expectDataOf('us-west-2');
  },
);

/** The JSON that the details say to paste. */
function approvalIn(text: string): Approval {
  const [found] = /\{[^{}]*"decision"[^{}]*\}/.exec(text) ?? [];
  if (!found) throw new Error(`No approval to paste stands in: ${text.slice(0, 2000)}`);
  return approvalSchema.parse(JSON.parse(found));
}
