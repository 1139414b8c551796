/** Puts the switch object of a name, so that its health check leads the traffic elsewhere. Works while Route 53 refuses changes. */
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
export const putSwitch = defineStep({
  kind: 'putSwitch',
  version: 1,
  input: switchInputSchema,
  title: ({ name, site, object }) => `Switch ${name} to ${site}: put ${object.key} at ${object.location}`,
  shell: switchShell,
  limits: { startToClose: 60_000, budget: 300_000 },
  check: checkSwitchObject,
  run: setSwitch,
  before: noteSwitch,
  undo: switchBack,
});
