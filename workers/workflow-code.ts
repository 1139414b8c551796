/** What a worker's workflow code is made of, bundled here or beforehand. */
const here = (path: string) => new URL(path, import.meta.url).pathname;

export const workflowsPath = here('../workflows/index.ts');

/** Modules that take part in every run: without them a Query can leave a run that no other worker can go on with. */
export const workflowInterceptorModules = [here('../workflows/run/refuse-unstarted.ts')];
