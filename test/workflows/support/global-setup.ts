import type { TestProject } from 'vitest/node';
import { startTemporal } from '../../support/temporal.ts';

export default async function setup(project: TestProject) {
  const server = await startTemporal();
  project.provide('temporal', server.address);
  return () => server.stop();
}

declare module 'vitest' {
  interface ProvidedContext {
    temporal: string;
  }
}
