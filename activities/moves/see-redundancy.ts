/** Step `seeRedundancy`: after a move the state of the new site lies in as many places as the plan asks for, or it is said that it does not. */
import { z } from 'zod';
import { committedSchema, outputsLike } from '../points/prepared.ts';
import { defineStep } from '../step.ts';

const input = z.object({
  service: z.string(),
  site: z.string(),
  /** Where it was captured to. */
  location: z.string(),
  copies: z.number().int().positive(),
});
const copiedSchema = z.object({ outcome: z.string(), location: z.string(), objects: z.number() });

/** Output: `{ outcome: 'redundant' | 'not redundant', why }`; the gate behind it asks a person where it is not. Never fails. */
export const seeRedundancy = defineStep({
  kind: 'seeRedundancy',
  version: 1,
  input,
  changes: false,
  title: ({ site, copies }) => `See that ${site} has a recovery point at ${copies} locations`,
  shell: ({ service }) => [`muster points ${service}`],
  async run({ site, location, copies }, { outputs }) {
    const [committed] = outputsLike(committedSchema, outputs);
    if (!committed) return { outcome: 'not redundant', why: `no recovery point of ${site} was committed` };
    const at = [location, ...outputsLike(copiedSchema, outputs).map((copied) => copied.location)];
    const why = `${committed.point} of ${site} is at ${at.join(' and ')}`;
    return at.length >= copies
      ? { outcome: 'redundant', why, point: committed.point }
      : { outcome: 'not redundant', why: `${why}, and the plan asks for ${copies} copies` };
  },
});
