/** Can each storage location be listed, and over an encrypted connection? */
import type { Plan } from '../../../domain/plan/plan.ts';
import { holderOf, isUnencrypted } from '../../../domain/plan/storage.ts';
import { messageOf, questions, type WorldClients, type WorldQuestion } from './question.ts';

export function storageQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const locations = Object.entries(plan.storage).map(([name, location]) => ({
    path: `storage.${name}`,
    what: `storage location ${name}`,
    good: 'can be listed',
    name,
    location,
  }));
  return questions(locations, clients, async ({ path, name, location }) => {
    const store = await clients.store(name);
    try {
      for await (const _ of store.list(`${plan.service}/points/`)) break;
    } catch (error) {
      const fact = `${holderOf(location)} in ${location.region} cannot be listed: ${messageOf(error)}.`;
      return [{ path, fact, hint: 'create the bucket, or correct its name, region and credentials.' }];
    }
    if (!isUnencrypted(location)) return [];
    const fact = `${holderOf(location)} is reached over http://, which is not encrypted: whoever listens on the way can use the signed URLs and read names and sizes.`;
    return [{ path: `${path}.insecure`, fact, hint: 'give the server a certificate, and take `insecure` out.' }];
  });
}
