/** How a playbook differs from the one of its kind that was approved last, for whoever approves this one. */
import { lastApproved } from '../../activities/approvals/approved-playbook.ts';
import { loadPinned } from '../../activities/points/signer.ts';
import { openLocations } from '../../activities/storage/open-locations.ts';
import { playbookChanges } from '../../domain/playbook/changes.ts';
import type { Playbook } from '../../domain/playbook/playbook.ts';
import type { Cli } from './cli.ts';

/** Never fails: who cannot read the plan or a storage location here is told so, and approves what stands. */
export async function sinceApprovedLines(cli: Cli, playbook: Playbook): Promise<string[]> {
  const head = 'Since one of this kind was approved last';
  try {
    const { plan } = await cli.plan(playbook.service);
    const signers = await loadPinned(plan, cli.planFolder);
    const { stores } = await openLocations(plan, cli.planFolder);
    const last = await lastApproved(playbook, stores, signers);
    if (!last) return [`${head}: none is known, or no storage location answers here.`];
    const changes = playbookChanges(last.playbook, playbook);
    const when = `${head} (${last.at}, by ${last.by.join(', ')}, ${last.sha256.slice(0, 12)})`;
    if (changes.length === 0) return [`${when}: the same steps with the same inputs.`];
    return [`${when}:`, ...changes.map((change) => `  ${change}`)];
  } catch (error) {
    return [`${head}: not known here (${error instanceof Error ? error.message.split('\n')[0] : error}).`];
  }
}
