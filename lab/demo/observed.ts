/** What the observer says, asked from inside the lab's network. */
import {
  type LostWrites,
  lostWritesSchema,
  type ObserverState,
  type Outages,
  outagesSchema,
} from '../../domain/observers/observer.ts';
import type { connectLab } from '../client.ts';
import { ports, third } from '../layout.ts';

type Lab = ReturnType<typeof connectLab>;

export function observed(lab: Lab) {
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const post = body ? ['-X', 'POST', '-d', JSON.stringify(body)] : [];
    const url = `http://${third}:${ports.observer}${path}`;
    const { code, stdout, stderr } = await lab.exec(['curl', '-fsS', '-m', '20', ...post, url]);
    if (code !== 0) throw new Error(`the observer does not answer: ${stderr}`);
    return JSON.parse(stdout);
  };
  return {
    state: () => ask('/state') as Promise<ObserverState>,
    /** Outages that touched the time since then. */
    outages: async (from: Date): Promise<Outages> =>
      outagesSchema.parse(await ask(`/outages?from=${encodeURIComponent(from.toISOString())}`)),
    /** Writes acknowledged since then, of which some may be gone. */
    lostWrites: async (from: Date): Promise<LostWrites> =>
      lostWritesSchema.parse(await ask('/lost-writes', { from: from.toISOString() })),
  };
}
