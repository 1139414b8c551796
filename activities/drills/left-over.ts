/** What earlier drills of a service have left on a host, by the folders that carry its name. Reads only. */
import { type DrillMark, drillFolders, drillMarkSchema } from '../../domain/drills/place.ts';
import type { Host } from '../../domain/host.ts';
import type { StepContext } from '../context.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { commandOn } from './command-on.ts';

/** A folder whose mark is missing or broken is one in which nothing was tried yet. This run's own is left out. */
export async function leftOver(service: string, host: Host, context: StepContext): Promise<DrillMark[]> {
  const script = `shopt -s nullglob
for folder in ${shellQuote(drillFolders(service))}*/; do
  folder=\${folder%/}
  [[ -d $folder && ! -L $folder ]] || continue
  printf '%s %s\\n' "\${folder##*.}" "$(base64 -w0 -- "$folder/.drill" 2>/dev/null || true)"
done`;
  const lines = await commandOn(host, context, 'left', script);
  return lines.flatMap((line) => {
    const [run = '', mark = ''] = line.trim().split(' ');
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(run) || run === context.run) return [];
    return [markOf(service, run, mark)];
  });
}

function markOf(service: string, run: string, encoded: string): DrillMark {
  try {
    const mark = drillMarkSchema.parse(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')));
    if (mark.service === service && mark.run === run) return mark;
  } catch {
    // Half written, or by a hand that is not ours: its folder is what there is.
  }
  return { service, run, tried: [] };
}
