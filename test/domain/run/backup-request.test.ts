import { describe, expect, test } from 'vitest';
import { backupAsked } from '../../../domain/run/backup-request.ts';
import { spacetimePlan } from '../../support/plan.ts';

const { components } = await spacetimePlan();
const asked = (words: Parameters<typeof backupAsked>[0]) => backupAsked(words, components);

describe('what is asked of a backup', () => {
  test('is nothing special without words', () => {
    expect(asked({})).toEqual({ label: 'manual' });
  });

  test('has the label of its occasion, with version and commit of a deployment', () => {
    expect(asked({ beforeDeployment: '1.9.0', commit: '9fceb02' })).toEqual({
      label: 'pre-deploy',
      backup: { version: '1.9.0', commit: '9fceb02' },
    });
    expect(asked({ afterDeployment: true })).toEqual({ label: 'post-deploy' });
    expect(asked({ afterIncident: true }).label).toBe('after-incident');
    expect(asked({ archive: 'monthly' })).toEqual({ label: 'monthly', backup: { kind: 'full' } });
  });

  test('names its components, or finds them by what they are', () => {
    expect(asked({ configOnly: true }).backup?.components).toEqual(['configuration']);
    expect(asked({ databaseOnly: true }).backup?.components).toEqual(['database']);
    expect(asked({ components: ['logs', 'logs', 'database'] }).backup?.components).toEqual(['logs', 'database']);
    expect(() => asked({ components: ['nothing'] })).toThrow(/no component nothing.*one or more of: configuration/);
    expect(() =>
      backupAsked(
        { databaseOnly: true },
        components.filter(({ driver }) => driver === 'files'),
      ),
    ).toThrow(/no component that is recognised as databases/);
  });

  test('is refused where its words contradict each other', () => {
    expect(() => asked({ label: 'x', afterIncident: true })).toThrow(/one label/);
    expect(() => asked({ configOnly: true, databaseOnly: true })).toThrow(/more than one way/);
    expect(() => asked({ archive: 'daily' })).toThrow(/no daily archive/);
    expect(() => asked({ kind: 'incremental', force: true })).toThrow(/refers to no other point/);
    expect(() => asked({ kind: 'half' })).toThrow(/no kind half/);
    expect(() => asked({ commit: '9fceb02' })).toThrow(/belongs to a deployment/);
  });
});
