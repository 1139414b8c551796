/** Run ids: `<procedure>-YYYYMMDD-HHMMSS-<random>` where Muster made them; people and webhooks give others. Pure. */
import { type Procedure, procedures } from '../playbook/procedures.ts';

const shape = /^(.+)-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[0-9a-z]+$/;

/** When it began, ms, and what it is a run of. Undefined for an id that was given: it may be of any time and procedure. */
export function readRunId(run: string): { readonly procedure: Procedure; readonly began: number } | undefined {
  const [, name, ...digits] = run.match(shape) ?? [];
  const procedure = procedures.find((each) => each === name);
  if (!procedure) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.map(Number);
  return { procedure, began: Date.UTC(year, month - 1, day, hour, minute, second) };
}
