/** Changes bytes of a recovery point under Muster, at every copy, as soon as it stands: no reader has seen it before. */
import { layout } from '../../../../domain/points/recovery-point.ts';
import type { Lab } from '../../../../lab/client.ts';
import { regions } from '../../../../lab/layout.ts';
import { labPaths } from '../../../../lab/paths.ts';
import { inLab } from './small-store.ts';

/** Answers the id of the point: the first that is taken after this call. */
export async function damageNext(lab: Lab, prefix: string, component: string): Promise<string> {
  const roots = regions.map(({ name }) => `${labPaths(lab.dir).store(name)}/data/*/${prefix}`);
  const points = (root: string) => `${root}/${layout.points('spacetime')}`;
  const newest = `ls ${points(roots[0] as string)} | tail -n 1`;
  const id = await inLab(
    lab,
    `before=$(${newest}); for try in $(seq 600); do id=$(${newest})
       if [ "$id" != "$before" ] && ${roots.map((root) => `ls ${points(root)}$id/manifest.json >/dev/null 2>&1`).join(' && ')}; then
         echo "$id"; exit 0
       fi; sleep 0.2; done; exit 1`,
  );
  const parts = roots.map((root) => `${root}/${layout.archives('spacetime')}${id}/${component}/00000.0*`).join(' ');
  await inLab(lab, `for part in ${parts}; do printf XXXX | dd of="$part" bs=1 seek=600 conv=notrunc status=none; done`);
  return id;
}
