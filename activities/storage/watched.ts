/** Ends calls that stand still. SDKs hang when a server goes away in the middle, and some ignore that they are told to stop. */

export interface Watch {
  /** For what can be told. */
  readonly signal: AbortSignal;
  /** Something came: the time begins anew. */
  alive(): void;
}

/** Rejects once nothing came for so many ms; the action may go on unseen, and its outcome counts no more. */
export async function watched<T>(ms: number, action: (watch: Watch) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let giveUp: (error: Error) => void = () => {};
  const late = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const error = new Error(`nothing came for ${ms} ms`);
      giveUp(error);
      stop.abort(error);
    }, ms);
  };
  alive();
  try {
    return await Promise.race([action({ signal: stop.signal, alive }), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** ms that a put of so many bytes may take: SDKs hand a body over at once, so nothing is heard while it crosses a slow line. */
export function putTime(requestTimeout: number, bytes: number): number {
  return requestTimeout + Math.ceil(bytes / 64);
}
