/**
 * Does a site that was left take writes again? Judged by what is tried there. Its health page says nothing of it: a check that is
 * bad for another reason hides a service that writes.
 */
import type { z } from 'zod';
import type { otherSiteSchema } from '../../domain/fencing/fencing.ts';
import { isRunning } from '../compute/service.ts';
import type { StepContext } from '../context.ts';
import { withLimit } from '../waiting.ts';
import { hostsNow, mayAnswer, type SeenHost, serviceOn } from './hosts.ts';
import { healthyHost } from './never-all-off.ts';
import { tryWrite } from './try-write.ts';

type LeftSite = z.output<typeof otherSiteSchema> & { readonly service: string };

/** How, in words; undefined where nothing shows it. @throws what EC2 of the site does */
export async function takesWrites(left: LeftSite, context: StepContext): Promise<string | undefined> {
  const hosts = await hostsNow(left, context);
  const [healthy, databases] = await Promise.all([
    healthyHost(left, hosts, context),
    tryWrite({ ...left, canary: undefined }, hosts, context),
  ]);
  if (databases.verdict === 'accepts') {
    // A database without its service is nobody's to write: after a planned move it is kept as it is.
    return healthy || (await mayServe(left, hosts, context)) ? 'accepts them' : undefined;
  }
  // A canary that is taken stays, so it comes last.
  if (left.canary && (databases.verdict !== 'refuses' || left.notClosable.length > 0)) {
    const { verdict } = await tryWrite({ ...left, databases: [] }, hosts, context);
    return verdict === 'accepts' ? 'accepts them' : undefined;
  }
  return databases.verdict === 'untried' && healthy ? 'answers healthily' : undefined;
}

/** Unless every host of the service that is on says that it does not run there. */
async function mayServe(left: LeftSite, hosts: readonly SeenHost[], context: StepContext): Promise<boolean> {
  const asked = hosts.filter((host) => host.group === left.control.host && mayAnswer(host));
  const answers = await Promise.all(
    asked.map(async (host) => {
      try {
        const ask = () => isRunning(serviceOn(host, left, 1), context);
        return await withLimit(left.requestLimit * 2, context.signal, ask);
      } catch {
        context.signal.throwIfAborted();
        return true;
      }
    }),
  );
  return answers.includes(true);
}
