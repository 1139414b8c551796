/** What a plan says of machine images that cannot be done: of groups that are not there, or that EC2 does not have. */

interface ImageProblem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}

/** Pure. In: sites of the plan as plain data, possibly malformed. */
export function imageProblems(sites: Record<string, unknown>): ImageProblem[] {
  return Object.entries(sites).flatMap(([site, value]) => {
    const { of } = map(map(value).images);
    if (!Array.isArray(of)) return [];
    return of.flatMap((group, index) =>
      Object.entries(sites)
        .filter(([other]) => other !== site)
        .flatMap(([other, theirs]): ImageProblem[] => {
          const selector = map(theirs).hosts && map(map(theirs).hosts)[String(group)];
          const path = ['sites', site, 'images', 'of', index];
          if (!selector) {
            const groups = Object.keys(map(map(theirs).hosts)).join(' or ');
            return [{ path, fact: `${other} has no hosts ${String(group)}`, hint: `${groups}.` }];
          }
          if ('tags' in map(selector)) return [];
          return [
            {
              path,
              fact: `${other} names ${String(group)} by address: there is no instance to make an image of`,
              hint: 'tags, or leave it out.',
            },
          ];
        }),
    );
  });
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
