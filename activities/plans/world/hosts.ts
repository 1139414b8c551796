/** Are there as many instances with the tags as the plan expects? */
import type { Plan } from '../../../domain/plan/plan.ts';
import { awsError } from '../../aws/errors.ts';
import { findInstances } from '../../compute/instances.ts';
import { questions, type WorldClients, type WorldQuestion } from './question.ts';

export function hostQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const groups = Object.entries(plan.sites).flatMap(([site, { region, hosts }]) =>
    Object.entries(hosts).flatMap(([group, selector]) =>
      'tags' in selector
        ? [
            {
              path: `sites.${site}.hosts.${group}`,
              what: `hosts ${group} of ${site}`,
              good: `${selector.count} by their tags`,
              region,
              selector,
            },
          ]
        : [],
    ),
  );
  return questions(groups, clients, async ({ path, region, selector }, signal) => {
    const client = await clients.ec2(region);
    const found = await findInstances(client, selector.tags, { signal }).catch((error: unknown) => {
      throw awsError(error, `EC2 of ${region} could not be asked`);
    });
    if (found.length === selector.count) return [];
    const tags = Object.entries(selector.tags)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ');
    const fact = `${found.length || 'No'} instances in ${region} have the tags ${tags}; the plan expects ${selector.count}.`;
    return [{ path, fact, hint: 'correct the tags or the count in the plan, or tag the instances.' }];
  });
}
