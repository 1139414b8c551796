/**
 * The observer: a small process in a third place that judges a service from outside, through its own name.
 *
 *   node observer/main.ts --url http://spacetime-api.company.com:8080/status --expect overall_ready=true \
 *     --resolver 10.77.0.1:53 --interval 250ms --canary http://spacetime-api.company.com:8080/writes \
 *     --listen 10.77.0.1:8390 --log observer.jsonl
 *
 * Prints one line when it answers; ends on SIGTERM.
 */
import { once } from 'node:events';
import { createApi } from './api.ts';
import { writeCanary } from './canary.ts';
import { openHistory } from './history.ts';
import { openLog, readLog } from './log.ts';
import { createMemory } from './memory.ts';
import { readOptions } from './options.ts';
import { atPace } from './pace.ts';
import { probe } from './probe.ts';
import { createRemember } from './remember.ts';
import { createResolve } from './resolve.ts';

const options = readOptions(process.argv.slice(2));
const { url, canary, log, intervalMs, timeoutMs } = options;
const memory = createMemory(options.keepMs);
const resolve = createResolve(options);
/** A pause longer than this between two probes means that nobody looked. */
const gapMs = 3 * (intervalMs + timeoutMs);

const { unreadable, last } = await readLog(log, Date.now() - options.keepMs, memory.take);
if (unreadable > 0) console.error(`observer: ${unreadable} lines of ${log} could not be read and are left out`);
const history = openHistory(
  `${log}.outages`,
  options.keepOutagesMs,
  memory.probes()[0]?.at ?? new Date().toISOString(),
);
const append = openLog(log, options.keepMs);
const remember = createRemember({
  ...{ memory, history, append, gapMs, last },
  // It watches on.
  failed: (error) => console.error(`observer: ${log} cannot be written, a restart will forget this: ${String(error)}`),
});
remember({ kind: 'start', at: new Date().toISOString(), url: url.href });

const api = createApi({ url, canary, memory, history, resolve, gapMs });
api.listen(options.listen);
await once(api, 'listening');
console.log(`observer answers on ${options.listen.host}:${options.listen.port}`);

const ending = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
await Promise.all([
  atPace(intervalMs, ending.signal, async () => remember(await probe({ ...options, url }, resolve))),
  canary &&
    atPace(options.canaryIntervalMs, ending.signal, async () =>
      remember(await writeCanary({ canary, timeoutMs }, resolve)),
    ),
]);
api.closeAllConnections();
api.close();
