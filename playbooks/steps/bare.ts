/** The steps that make bare hosts ready before a restore, and let their units start with them after it. */

import { prepareHost } from '../../activities/hosts/prepare-host.ts';
import { command } from '../../activities/hosts/run-command.ts';
import { refusal } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { placeAt, type Situation } from '../compiler.ts';

/** Nothing unless the request says that the hosts are bare. @throws NothingForBare where the plan has nothing for a host */
export function bareStepsFor(
  situation: Situation,
  siteName: string,
  given: readonly { readonly host: Host; readonly components: readonly Component[] }[],
) {
  const { plan, request } = situation;
  const asked = request?.restore?.bare;
  const at = placeAt(plan, siteName);
  const prepared = asked ? given.map((each) => ({ ...each, bare: mergedFor(each.components) })) : [];

  /** A host that stands for several groups gets what each of them needs. */
  function mergedFor(components: readonly Component[]) {
    const groups = [...new Set(components.map(({ host }) => host))];
    const found = groups.flatMap((group) => plan.bare?.[group] ?? []);
    if (found.length === 0) {
      throw refusal(
        'NothingForBare',
        `The plan of ${plan.service} does not say what a bare host of ${groups.join(' or ')} needs.`,
        `bare: { ${groups[0]}: { packages: [...], users: [...], units: [...] } } in the plan, or leave --bare out.`,
      );
    }
    return {
      packages: [...new Set(found.flatMap(({ packages }) => packages))],
      users: found.flatMap(({ users }) => users),
      units: [...new Set(found.flatMap(({ units }) => units))],
    };
  }

  return {
    prepareHosts: (): Step[] =>
      prepared.map(({ host, components, bare }) =>
        prepareHost.step(
          { host, bare, places: placesOf(components), anyway: asked === 'anyway' },
          at(`prepare-host-${host.name}`),
        ),
      ),

    enableUnits: (): Step[] =>
      prepared
        .filter(({ bare }) => bare.units.length > 0)
        .map(({ host, bare }) =>
          command.step(
            {
              title: `Let ${bare.units.join(', ')} start with the host`,
              run: `systemctl enable ${bare.units.join(' ')}`,
              host,
            },
            at(`enable-units-${host.name}`),
          ),
        ),
  };
}

/** A glob says nothing about what must not be there. */
function placesOf(components: readonly Component[]): string[] {
  return components.flatMap((component) =>
    component.driver === 'files' ? component.paths.filter((path) => !/[*?[]/.test(path)) : [],
  );
}
