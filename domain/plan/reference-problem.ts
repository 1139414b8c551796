/** A name in a plan that leads nowhere, or to something it must not: where it stands, what is so, and what to try. */
export interface ReferenceProblem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}
