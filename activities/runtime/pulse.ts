/**
 * The pulse of one attempt: heartbeats once a second, and notices when the process itself stood still.
 *
 * A worker that was frozen wakes up in the middle of an attempt that the server has long given to another worker. The
 * gap between two beats shows it; from then on `assertCurrent` refuses every change.
 */
import { ApplicationFailure } from '@temporalio/common';

const beatEvery = 1_000;

export interface Pulse {
  /** What the next heartbeats carry. */
  details: unknown;
  assertCurrent(): void;
  stop(): void;
}

/**
 * @param beat   sends one heartbeat with the details
 * @param limit  the attempt's heartbeat limit, ms
 * @param onLost called once when a gap longer than the limit was seen
 */
export function startPulse(beat: (details: unknown) => void, limit: number, onLost: () => void): Pulse {
  let last = performance.now();
  let lost = false;
  const look = () => {
    const now = performance.now();
    if (!lost && now - last > limit) {
      lost = true;
      onLost();
    }
    last = now;
  };
  const pulse: Pulse = {
    details: undefined,
    assertCurrent() {
      look();
      if (lost) throw superseded(limit);
    },
    stop: () => clearInterval(timer),
  };
  const timer = setInterval(() => {
    look();
    if (!lost) beat(pulse.details);
  }, beatEvery);
  timer.unref();
  return pulse;
}

function superseded(limit: number): ApplicationFailure {
  return ApplicationFailure.retryable(
    `This worker stood still for longer than ${limit} ms, so another may have taken the step over; nothing more is changed here.`,
    'Superseded',
  );
}
