/** What the observer says, asked from inside the lab's network. */
import type { connectLab } from '../client.ts';
import { ports, third } from '../layout.ts';

type Lab = ReturnType<typeof connectLab>;

export function observed(lab: Lab) {
  const ask = async (path: string) => {
    const { code, stdout, stderr } = await lab.exec(['curl', '-fsS', '-m', '10', `http://${third}:${ports.observer}${path}`]);
    if (code !== 0) throw new Error(`the observer does not answer: ${stderr}`);
    return JSON.parse(stdout);
  };
  return {
    state: () => ask('/state') as Promise<{ state: 'ok' | 'failing'; acknowledged: number }>,
    /** The outage since `from` and the writes that were acknowledged and are gone, for people. */
    async verdict(from: Date): Promise<string> {
      const window = `from=${encodeURIComponent(new Date(from.getTime() - 10_000).toISOString())}`;
      const outages = await ask(`/outages?${window}`);
      return JSON.stringify(outages, null, 2);
    },
  };
}
