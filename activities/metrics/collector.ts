/**
 * Keeps what metrics are made of: read at an interval, remembered with its time. After a restart it knows nothing, and says nothing of
 * backups and drills until everything was read once.
 */
import { receiverSamples, standbySamples, tlsSamples } from '../../domain/metrics/of-places.ts';
import { planSamples } from '../../domain/metrics/of-plan.ts';
import { pointSamples } from '../../domain/metrics/of-points.ts';
import {
  type ReadingState,
  readingSamples,
  reportSamples,
  roomSamples,
  temporalSamples,
} from '../../domain/metrics/of-reading.ts';
import { logPositions, type RunFact, runSamples } from '../../domain/metrics/of-runs.ts';
import type { Sample } from '../../domain/metrics/sample.ts';
import { wantedSchedules } from '../../domain/schedules/wanted-schedules.ts';
import { musterVersion } from '../points/muster-version.ts';
import type { ServiceReading } from './read-service.ts';

export interface CollectorOptions {
  /** Services there are plans of. */
  services(): Promise<readonly string[]>;
  /** One reading; `known` are the runs whose reports need not be read again. */
  read(service: string, known: { has(run: string): boolean }): Promise<ServiceReading>;
  /** ms between the end of a reading and the next. */
  readonly every: number;
  now(): number;
  /** What failed, once for each reason; for the worker's log. */
  say(text: string): void;
}

export interface Collector {
  samples(): Sample[];
  /** Ends after the reading that is under way. */
  close(): Promise<void>;
}

interface Kept {
  readonly runs: Map<string, RunFact>;
  reading?: ServiceReading;
  /** Of its plan: they change with the file only. */
  promised: readonly Sample[];
  /** Some storage location has answered since the worker began: before, a run without a report would look like one that never was. */
  heard: boolean;
  /** Once every place had answered, what is known of the runs is all there is. */
  counted: boolean;
  state: ReadingState;
  said?: string;
}

export function startCollector(options: CollectorOptions): Collector {
  const kept = new Map<string, Kept>();
  const stop = new AbortController();
  const running = goOn();

  async function goOn(): Promise<void> {
    while (!stop.signal.aborted) {
      await readAll(kept, options, stop.signal);
      await pause(options.every, stop.signal);
    }
  }

  return {
    samples: () => [...kept].flatMap(([service, each]) => samplesOf(service, each, options.now())),
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function readAll(kept: Map<string, Kept>, options: CollectorOptions, signal: AbortSignal): Promise<void> {
  const services = await options.services();
  for (const gone of [...kept.keys()].filter((name) => !services.includes(name))) kept.delete(gone);
  for (const service of services)
    if (!kept.has(service))
      kept.set(service, { runs: new Map(), promised: [], heard: false, counted: false, state: { failures: 0 } });
  for (const [service, each] of kept) if (!signal.aborted) await readOne(service, each, options);
}

async function readOne(service: string, kept: Kept, { read, now, say }: CollectorOptions): Promise<void> {
  const began = now();
  try {
    const reading = await read(service, kept.runs);
    for (const run of reading.runs) kept.runs.set(run.run, run);
    const receivers = reading.receivers ?? kept.reading?.receivers;
    kept.reading = { ...reading, points: pointsOf(kept.reading, reading), receivers };
    kept.promised = planSamples(reading.plan, musterVersion, reading.certificates);
    kept.heard ||= reading.heard;
    kept.counted ||= reading.complete;
    kept.state = { complete: reading.complete, at: now(), took: now() - began, failures: 0 };
    kept.said = undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (why !== kept.said) say(`metrics of ${service} were not read: ${why}`);
    kept.said = why;
    kept.state = { ...kept.state, complete: false, failures: kept.state.failures + 1 };
  }
}

/** Where no location answers, what was seen before goes on ageing: it neither vanishes nor gets newer. */
function pointsOf(before: ServiceReading | undefined, { heard, points }: ServiceReading): ServiceReading['points'] {
  return heard || !before ? points : { ...before.points, unreachable: points.unreachable };
}

function samplesOf(service: string, { reading, promised, runs, heard, counted, state }: Kept, now: number): Sample[] {
  const own = readingSamples(service, state);
  if (!reading) return own;
  const { plan, points, rooms, periods, standbys, shown, receivers = [] } = reading;
  const ended = [...runs.values()].sort((a, b) => a.ended - b.ended);
  const about = {
    service,
    components: plan.components.map(({ name }) => name),
    schedules: wantedSchedules(plan).map(({ due }) => due),
    promises: Object.keys(plan.objectives.rto),
  };
  return [
    ...own,
    ...promised,
    ...pointSamples(plan, points, logPositions(ended), now),
    ...(heard ? runSamples(about, ended, counted, now) : []),
    ...reportSamples(plan, periods),
    ...('temporal' in reading ? temporalSamples(plan, reading.temporal) : []),
    ...roomSamples(service, rooms),
    ...standbySamples(service, standbys),
    ...tlsSamples(service, shown),
    ...receiverSamples(service, receivers),
  ];
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
