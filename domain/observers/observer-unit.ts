/** A planned observer as its unit wants it: the options of `observer/main.ts`, and the file that holds them. Pure. */
import { formatLength } from '../duration.ts';
import { refusal } from '../errors.ts';
import type { PlannedObserver } from '../plan/observers.ts';
import type { Plan } from '../plan/plan.ts';

type Service = Pick<Plan, 'service' | 'health'>;

/** Arguments of the observer, without `--log`, which the unit gives. */
export function observerArguments({ health }: Service, planned: PlannedObserver): string[] {
  const { url, listen, resolver, every, timeout, canary } = planned;
  const { host, port, protocol } = new URL(url);
  return [
    ...['--url', health.publicUrl],
    ...Object.entries(health.expect).flatMap(([path, value]) => ['--expect', `${path}=${value}`]),
    ...['--interval', formatLength(every), '--timeout', formatLength(timeout)],
    ...(resolver ? ['--resolver', resolver] : []),
    ...(canary ? ['--canary', canary.url, '--canary-interval', formatLength(canary.every)] : []),
    ...['--listen', listen ?? (port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host)],
  ];
}

/**
 * `/etc/muster/observer-<service>.env` of deploy/muster-observer@.service.
 *
 * @throws NotForUnit where a value has a space: systemd cuts the options at spaces
 */
export function observerEnvironment(service: Service, planned: PlannedObserver): string {
  const words = observerArguments(service, planned);
  const split = words.find((word) => /[\s"'\\$]/.test(word));
  if (split !== undefined) {
    throw refusal(
      'NotForUnit',
      `systemd would not hand over ${JSON.stringify(split)} as one word.`,
      'start that observer by a script of its own, or expect a value without spaces, quotes and dollars.',
    );
  }
  return [
    `# Observer of ${service.service} at ${planned.name}: /etc/muster/observer-${service.service}.env there, then`,
    `# systemctl enable --now muster-observer@${service.service}`,
    `OBSERVE="${words.join(' ')}"`,
    '',
  ].join('\n');
}
