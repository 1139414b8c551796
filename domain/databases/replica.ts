/**
 * The rules of a standby that streams: when it may be promoted, how far it is behind, how an old primary joins again.
 * Pure; what the servers say of themselves comes in as `ServerState`.
 */
import { z } from 'zod';
import { bytesBetween, lsnSchema } from './lsn.ts';

const time = z.iso.datetime({ offset: true });

/** What a PostgreSQL server says of itself, and what its data directory says while it is stopped. */
export const serverStateSchema = z.object({
  /** Of pg_controldata; absent where there is no data directory. */
  control: z
    .object({
      /** 64 bits, decimal. */
      systemIdentifier: z.string(),
      /** `in production`, `shut down`, `shut down in recovery`, `in archive recovery` ... */
      state: z.string(),
      timeline: z.number().int(),
      checkpointLsn: lsnSchema,
      /** pg_rewind can work: `wal_log_hints` or data checksums. */
      rewindable: z.boolean(),
    })
    .optional(),
  /** Absent where no server answers. */
  server: z
    .object({
      now: time,
      /** 15 */
      version: z.number().int(),
      inRecovery: z.boolean(),
      timeline: z.number().int(),
      /** Of a primary. */
      writtenLsn: lsnSchema.nullable(),
      /** Of a standby. */
      receivedLsn: lsnSchema.nullable(),
      replayedLsn: lsnSchema.nullable(),
      /** Commit time of the last transaction that was replayed. */
      replayedAt: time.nullable(),
      receiver: z
        .object({
          status: z.string(),
          host: z.string().nullable(),
          /** Where the primary's log ended when it was last heard. */
          latestEnd: lsnSchema.nullable(),
          heardAt: time.nullable(),
        })
        .nullable(),
      slots: z.array(z.object({ name: z.string(), active: z.boolean(), status: z.string().nullable() })),
      standbys: z.array(z.object({ name: z.string(), state: z.string(), lagSeconds: z.number().nullable() })),
      /** Of all databases. */
      bytes: z.number(),
      synchronous: z.string(),
    })
    .optional(),
  /** Its promotion was taken back: what it wrote on its own timeline counts for nothing. */
  undone: z.boolean().default(false),
  /** Why no server answers. */
  why: z.string().default(''),
});
export type ServerState = z.infer<typeof serverStateSchema>;

/** Proof that a primary was stopped cleanly, and where its log ended: nothing that it acknowledged lies behind that. */
export const demotionTokenSchema = z.object({
  systemIdentifier: z.string(),
  timeline: z.number().int(),
  /** Where the record of the shutdown begins. */
  shutdownLsn: lsnSchema,
});
export type DemotionToken = z.infer<typeof demotionTokenSchema>;

export interface Judgement {
  readonly answer: 'ok' | 'wait' | 'refuse';
  readonly why: string;
}

/** The record of a shutdown is some 120 bytes long, and the head of a page or segment may lie in it. */
const shutdownRecord = 256;

/**
 * May this server be promoted? With a token only when it is the same cluster and has replayed all of it. Waiting may help with
 * `wait`, and never with `refuse`.
 */
export function judgePromotion(token: DemotionToken | undefined, { control, server, why }: ServerState): Judgement {
  if (!control) return { answer: 'refuse', why: 'it has no data directory' };
  if (token && control.systemIdentifier !== token.systemIdentifier) {
    const said = `it is cluster ${control.systemIdentifier}, and ${token.systemIdentifier} was demoted`;
    return { answer: 'refuse', why: said };
  }
  if (!server) return { answer: 'wait', why: `it does not answer${why ? `: ${why}` : ''}` };
  if (!server.inRecovery)
    return { answer: 'refuse', why: `it is no standby: it takes writes on timeline ${server.timeline}` };
  if (!token) return { answer: 'ok', why: `it has replayed its log to ${server.replayedLsn}` };
  if (server.timeline > token.timeline) {
    return {
      answer: 'refuse',
      why: `it follows timeline ${server.timeline}, and timeline ${token.timeline} was demoted`,
    };
  }
  const replayed = server.replayedLsn;
  const beyond = replayed === null ? -1 : bytesBetween(token.shutdownLsn, replayed);
  if (beyond > shutdownRecord) {
    return { answer: 'refuse', why: `it has replayed ${beyond} bytes that were written after the demotion` };
  }
  if (beyond <= 0)
    return { answer: 'wait', why: `it has replayed to ${replayed}, the demoted log ends at ${token.shutdownLsn}` };
  return { answer: 'ok', why: `it has replayed all of the demoted log, to ${replayed}` };
}

/** The token of a server that was stopped. Undefined unless it was stopped cleanly as a primary. */
export function tokenOf({ control, server }: ServerState): DemotionToken | undefined {
  if (server || control?.state !== 'shut down') return undefined;
  const { systemIdentifier, timeline, checkpointLsn } = control;
  return { systemIdentifier, timeline, shutdownLsn: checkpointLsn };
}

/** The time since the last transaction says nothing of a quiet database, of which no more bytes than this are missing. */
const fewBytes = 8_192;

export interface Behind {
  /** Not yet replayed of what the primary is known to have written. Undefined: nothing is known of the primary. */
  readonly bytes?: number;
  /** 0 when it has all. */
  readonly seconds?: number;
}

/** How far a standby is behind: the primary's own word where it answers, else what the standby heard last. */
export function behind(primary: ServerState | undefined, replica: ServerState): Behind {
  const { server } = replica;
  const end = primary?.server?.writtenLsn ?? server?.receiver?.latestEnd;
  if (!server?.replayedLsn || !end) return {};
  const bytes = Math.max(0, bytesBetween(server.replayedLsn, end));
  if (bytes === 0) return { bytes, seconds: 0 };
  if (server.replayedAt === null) return { bytes };
  return { bytes, seconds: Math.max(0, (Date.parse(server.now) - Date.parse(server.replayedAt)) / 1_000) };
}

/** It streams, and is no further behind than the plan allows. A busy primary is never at zero. */
export function judgeCaughtUp(
  primary: ServerState,
  replica: ServerState,
  most: { time: number; bytes: number },
): Judgement {
  const [of, its] = [replica.control?.systemIdentifier, primary.control?.systemIdentifier];
  if (!primary.server) return { answer: 'wait', why: `the source does not answer: ${primary.why}` };
  if (primary.server.inRecovery) return { answer: 'refuse', why: 'the source is no primary, but a standby itself' };
  if (!replica.server) return { answer: 'wait', why: `the standby does not answer: ${replica.why}` };
  if (of !== its) return { answer: 'refuse', why: `the standby is cluster ${of}, the source ${its}` };
  if (!replica.server.inRecovery) return { answer: 'refuse', why: 'the standby is no standby: it takes writes' };
  if (replica.server.receiver?.status !== 'streaming') return { answer: 'wait', why: 'the standby does not stream' };
  const { bytes = 0, seconds = 0 } = behind(primary, replica);
  const why = `${bytes} bytes and ${seconds.toFixed(1)} s behind`;
  return { answer: bytes > most.bytes || (seconds * 1_000 > most.time && bytes > fewBytes) ? 'wait' : 'ok', why };
}

export interface StandbySeen extends Behind {
  readonly streaming: boolean;
}

/** Of the servers of all sites, whichever of them is the standby now. `seconds` is 0 while hardly anything is missing. */
export function standbySeen(states: readonly ServerState[]): StandbySeen {
  const replica = states.find(({ server }) => server?.inRecovery);
  if (!replica) return { streaming: false };
  const primary = states.find(({ server }) => server && !server.inRecovery);
  const { bytes, seconds } = behind(primary, replica);
  return {
    streaming: replica.server?.receiver?.status === 'streaming',
    ...(bytes === undefined ? {} : { bytes }),
    ...(seconds === undefined ? {} : { seconds: (bytes ?? 0) > fewBytes ? seconds : 0 }),
  };
}

export interface Joining {
  /** `nothing`: it streams. `follow`: it has nothing of its own. `rewind`: pg_rewind. `rebuild`: a new copy of the primary. */
  readonly way: 'nothing' | 'stop' | 'follow' | 'rewind' | 'rebuild' | 'refuse';
  readonly why: string;
  /** It may hold writes that the primary does not have: they are kept. */
  readonly divergent: boolean;
}

/**
 * How a server becomes the standby of `primary`. `fork` is where the primary left this server's timeline. A server that takes writes is
 * stopped only for a primary that is certainly newer.
 */
export function planJoining(own: ServerState, primary: ServerState, at: { fork?: string; address: string }): Joining {
  const { control, server } = own;
  if (!primary.server || primary.server.inRecovery || !primary.control) {
    return refused('the server to follow is no primary that answers');
  }
  if (!control) return { way: 'rebuild', why: 'it has no data', divergent: false };
  const same = control.systemIdentifier === primary.control.systemIdentifier;
  // `in crash recovery` is a primary that was killed: it has writes of its own.
  const standby = /^(in archive recovery|shut down in recovery)$/.test(control.state);
  const writes = server ? !server.inRecovery : !standby;
  const timeline = server?.timeline ?? control.timeline;
  if (same && server?.inRecovery && server.receiver?.status === 'streaming' && server.receiver.host === at.address) {
    return { way: 'nothing', why: 'it streams already', divergent: false };
  }
  if (same && writes && !own.undone && primary.server.timeline <= timeline) {
    const both = `it is on timeline ${timeline} and the other side on ${primary.server.timeline}`;
    return refused(`nothing shows that the other side is the newer primary: ${both}`);
  }
  if (server) return { way: 'stop', why: 'it runs', divergent: false };
  if (!same) return { way: 'rebuild', why: 'it is another cluster', divergent: true };
  if (own.undone) return { way: 'rebuild', why: 'its promotion was taken back', divergent: true };
  if (!writes) return { way: 'follow', why: 'it was a standby', divergent: false };
  const clean = control.state === 'shut down' && at.fork !== undefined;
  if (clean && bytesBetween(control.checkpointLsn, at.fork as string) > 0) {
    return { way: 'follow', why: 'the new primary has all that it wrote', divergent: false };
  }
  const why =
    control.state === 'shut down' ? 'it wrote on after the other side was promoted' : 'it was not stopped cleanly';
  return { way: control.rewindable ? 'rewind' : 'rebuild', why, divergent: true };
}

function refused(why: string): Joining {
  return { way: 'refuse', why, divergent: false };
}
