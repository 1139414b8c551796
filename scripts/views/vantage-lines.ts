/** What each observer sees, for people. */
import { formatDuration } from '../../domain/duration.ts';
import { type Agreement, msWithin, type VantageSight } from '../../domain/observers/vantages.ts';
import { columns } from './columns.ts';

const head = ['observer', 'now', 'since', 'down', 'not looked', 'canary', ''];

export function vantageTable(sights: readonly VantageSight[], span: { from: number; to: number }): string {
  return columns(
    sights.map((sight) => [
      sight.name,
      sight.state === 'up' ? 'up' : sight.state.toUpperCase(),
      sight.since ?? '-',
      sight.state === 'blind' ? '-' : formatDuration(msWithin(sight.outages, span)),
      sight.state === 'blind' ? '-' : formatDuration(msWithin(sight.unobserved, span)),
      canaryOf(sight),
      sight.state === 'up' ? '' : (sight.why ?? ''),
    ]),
    head,
  );
}

export function outageLines(sights: readonly VantageSight[]): string[] {
  return sights.flatMap(({ name, outages }) =>
    outages.map(({ since, until, ms, detectedAfter, why, observed }) => {
      const length = until ? `until ${until} (${formatDuration(ms)})` : `for ${formatDuration(ms)}, and it lasts`;
      const seen = detectedAfter === undefined ? '' : `; seen within ${formatDuration(detectedAfter)}`;
      return `OUTAGE ${name}: ${since} ${length}: ${why}${seen}${observed ? '' : '; nobody looked during a part of it'}`;
    }),
  );
}

export const agreementWords: Readonly<Record<Agreement, string>> = {
  up: 'All that look see the service up.',
  down: 'All that look see the service DOWN.',
  disagree:
    'They DO NOT AGREE: one of them, or the way to it, has a trouble of its own, or the service has one in part.',
  unknown: 'NOBODY LOOKS: what state the service is in is not known.',
};

function canaryOf({ canary }: VantageSight): string {
  if (!canary) return '-';
  if (canary.lost === undefined) return `not counted: ${canary.why}`;
  return `${canary.acknowledged} writes, ${canary.lost === 0 ? 'none lost' : `${canary.lost} LOST`}`;
}
