/** What a verification found, for a terminal: a table of what was checked where, then everything that was not as it should be. */
import type { Verification } from '../../domain/points/verification.ts';
import { columns, formatBytes } from './columns.ts';

export function verificationLines(result: Verification): string[] {
  const rows = result.looks.map((look) => [
    look.point,
    look.location,
    look.state,
    String(look.objects),
    formatBytes(look.bytes),
    look.bad === 0 ? '' : `${look.bad} bad, ${look.mended} mended`,
    look.why ?? '',
  ]);
  const findings = result.findings.map(
    ({ outcome, point, location, what, why, how, object }) =>
      `${outcome.toUpperCase()} ${point} at ${location}: ${what} ${why}${how ? ` (${how})` : ''}: ${object}`,
  );
  return [
    ...(rows.length > 0 ? [columns(rows, ['point', 'location', 'state', 'objects', 'read', '', ''])] : []),
    ...findings,
    ...(result.findingsLeftOut > 0 ? [`and ${result.findingsLeftOut} more`] : []),
    ...result.quarantined.map(({ point, lost }) => `QUARANTINED ${point}: lost ${lost.join('; ')}`),
    ...result.released.map((point) => `RELEASED ${point}: everything of it was found again`),
    ...result.notes.map((note) => `NOTE ${note}`),
    result.summary,
  ];
}
