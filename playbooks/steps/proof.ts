/** The proof that the target of a planned move has what the source had: noted there, compared at both. */
import { matchDemotionToken } from '../../activities/moves/match-demotion-token.ts';
import { takeDemotionToken } from '../../activities/moves/take-demotion-token.ts';
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { hostsForComponent, locationsFor, placeAt, type Situation } from '../compiler.ts';

/**
 * @param components  all that may be asked for
 * @param pointFor    the step that commits what a component is restored from
 */
export function proofStepsFor(
  situation: Situation,
  components: readonly Component[],
  pointFor: (component: Component) => Step,
) {
  const { plan, assessment } = situation;
  const { from, to } = assessment;
  const atSource = placeAt(plan, from, from);
  const atTarget = placeAt(plan, to);
  const noted = components.map((component) =>
    takeDemotionToken.step(
      tokenOf(component, from, firstHost(component, from)),
      atSource(`note-${component.name}`, { needs: [pointFor(component).id] }),
    ),
  );
  const tokens = (some: readonly Component[]) => some.map((component) => noted[components.indexOf(component)] as Step);

  function firstHost(component: Component, site: string): Host {
    return hostsForComponent(situation, site, component)[0] as Host;
  }

  function tokenOf(component: Component, site: string, host: Host) {
    const locations = locationsFor(plan, site);
    return { service: plan.service, point: { committedBy: pointFor(component).id }, component, host, site, locations };
  }

  /** At one host of a site, against what was noted of the source. */
  function matchAt(component: Component, site: string, host: Host, place: typeof atTarget, id: string): Step {
    const [token] = tokens([component]) as [Step];
    return matchDemotionToken.step(
      { ...tokenOf(component, site, host), token: token.id },
      place(id, { needs: [pointFor(component).id, token.id] }),
    );
  }

  return {
    /** What the source has. */
    tokens,

    /** The target has it, and the source still has nothing else. */
    match: (some: readonly Component[]): Step[] => [
      ...some.flatMap((component) => {
        const hosts = hostsForComponent(situation, to, component);
        return hosts.map((host) =>
          matchAt(component, to, host, atTarget, `prove-${component.name}${hosts.length > 1 ? `-${host.name}` : ''}`),
        );
      }),
      ...some.map((component) =>
        matchAt(component, from, firstHost(component, from), atSource, `still-${component.name}`),
      ),
    ],
  };
}
