/** Deletes the switch object of a name, so that its health check leads the traffic back (or away, where it is not inverted). */
import { defineStep } from '../step.ts';
import {
  checkSwitchObject,
  noteSwitch,
  setSwitch,
  switchBack,
  switchInputSchema,
  switchShell,
} from './switch-object.ts';

/** Output: `{ outcome: 'moved' | 'there already', to, at, alarm? }` */
export const clearSwitch = defineStep({
  kind: 'clearSwitch',
  version: 1,
  input: switchInputSchema,
  title: ({ name, site, object }) => `Switch ${name} to ${site}: delete ${object.key} at ${object.location}`,
  shell: switchShell,
  limits: { startToClose: 60_000, budget: 300_000 },
  check: checkSwitchObject,
  run: setSwitch,
  before: noteSwitch,
  undo: switchBack,
});
