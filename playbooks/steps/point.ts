/** The steps of a backup: what is captured where, committed as one recovery point, and copied to the other locations. */
import { captureComponent } from '../../activities/archives/capture-component.ts';
import { commitPoint } from '../../activities/points/commit-point.ts';
import { copyPoint } from '../../activities/points/copy-point.ts';
import { preparePoint } from '../../activities/points/prepare-point.ts';
import type { Host } from '../../domain/host.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { pointIdAt } from '../../domain/points/recovery-point.ts';
import type { BackupRequest } from '../../domain/run/requests.ts';
import { deploymentOf, wantedComponents } from '../backup-scope.ts';
import { hostsForComponent, locationsFor, placeAt, type Situation, siteOf } from '../compiler.ts';

/** What a point of a run that takes several is, beside what a backup's is. */
export interface PointOptions {
  /** In the ids of its steps. */
  readonly mark?: string;
  readonly label?: string;
  readonly role?: 'primary' | 'standby';
  readonly kind?: BackupRequest['kind'];
  /** Names of those that are captured; what was asked for, else all. */
  readonly components?: readonly string[];
  /** When false, the run goes on without the point. */
  readonly required?: false;
}

export function pointStepsFor(situation: Situation, siteName: string, options: PointOptions = {}) {
  const { plan, assessment } = situation;
  const { service } = plan;
  const { mark, required } = options;
  const place = placeAt(plan, siteName, mark);
  const at: typeof place = (id, more) => place(id, { ...(required === false ? { required } : {}), ...more });
  const asked = options.components
    ? { kind: options.kind ?? 'full', components: [...options.components] }
    : situation.request?.backup;
  // Where the name could be read it says which site is the primary now; a failover does not change the plan.
  const known = assessment.serving?.length ? assessment.serving.includes(siteName) : undefined;
  const role = options.role ?? (known === undefined ? siteOf(plan, siteName).role : known ? 'primary' : 'standby');

  return {
    newPoint: (time: string): string => pointIdAt(new Date(time)),

    preparePoint: (point: string): Step =>
      preparePoint.step(
        { service, point, locations: locationsFor(plan, siteName), ...(mark ? { now: true as const } : {}) },
        at('prepare-point'),
      ),

    capture: (point: string, prepare: Step): Step[] =>
      wantedComponents(plan, asked).map((component) => {
        const [host] = hostsForComponent(situation, siteName, component);
        return captureComponent.step(
          {
            service,
            point,
            component,
            host: host as Host,
            location: siteOf(plan, siteName).storage,
            kind: options.kind ?? asked?.kind,
          },
          at(`capture-${component.name}`, { needs: [prepare.id] }),
        );
      }),

    commitPoint: (point: string, prepare: Step, captures: readonly Step[]): Step =>
      commitPoint.step(
        {
          service,
          point,
          site: siteName,
          role,
          label: options.label ?? situation.label,
          ...deploymentOf(asked),
          location: siteOf(plan, siteName).storage,
        },
        at('commit-point', { needs: [prepare.id, ...captures.map((capture) => capture.id)] }),
      ),

    /** To all other locations, or to those that are named. */
    copyPoint: (point: string, commit: Step, to?: readonly string[]): Step[] => {
      const [nearest, ...others] = locationsFor(plan, siteName);
      return (to?.filter((location) => location !== nearest) ?? others).map((location) =>
        copyPoint.step(
          { service, point, from: nearest as string, to: location },
          at(`copy-to-${location}`, { needs: [commit.id] }),
        ),
      );
    },
  };
}
