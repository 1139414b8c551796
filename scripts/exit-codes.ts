/** What the exit status of `muster` means. The one source for the code, `--help` and docs/cli.md. */

export const exitCodes = {
  ok: 0,
  unexpected: 1,
  refused: 2,
  noAnswer: 3,
  notDone: 4,
  needsPerson: 5,
  unanswered: 6,
  exceeded: 7,
  damaged: 8,
  putBack: 9,
  notReady: 10,
  seenDown: 11,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitMeanings: Readonly<Record<ExitCode, string>> = {
  0: 'done as asked',
  1: 'an unexpected error; the message says what is known',
  2: 'refused: bad input, a plan with mistakes, a decision that was not taken, or another run holds the service',
  3: 'no answer: the Temporal server, its workers, every storage location or a cloud that had to be asked could not be reached',
  4: 'the run ended without being done: rejected, aborted, failed, cancelled or terminated',
  5: 'a run waits for a person',
  6: 'the decision was sent as a Signal because no worker answers; it is stored and not yet judged',
  7: 'more would be lost now than a recovery point objective allows, or an objective was missed over its window',
  8: 'a recovery point or an audit log that was looked at is damaged or lost; what could be mended was',
  9: 'a planned move did not happen: what it had changed was put back, and the site that it was to leave serves',
  10: 'a standby could not take over as the plan wants it, or that could not be found out',
  11: 'observers see the service down, or do not agree',
};

export function exitCodeHelp(): string {
  return Object.entries(exitMeanings)
    .map(([code, meaning]) => `  ${code}  ${meaning}`)
    .join('\n');
}
