/** Whether anything was changed: calls that change AWS, names, power, and what stands on the hosts that run. */
import { calls } from '../../../lab/aws/faults.ts';
import type { Lab } from '../../../lab/client.ts';
import type { Region } from '../../../lab/layout.ts';
import type { Scenario } from './scenario.ts';

export interface WorldNow {
  /** Calls that change something, by name; dry runs and reads are left out. */
  readonly calls: Readonly<Record<string, number>>;
  readonly address: string;
  /** Host to its power and, when it runs, its files, databases, units and host jobs. */
  readonly hosts: Readonly<Record<string, string>>;
}

export async function worldNow({ lab, addressOf }: Scenario): Promise<WorldNow> {
  const { hosts } = await lab.status();
  const looks = hosts.map(async ({ name, region, power, role }) => {
    return [name, power === 'on' ? `on ${await lookAt(lab, name, region, role)}` : power] as const;
  });
  const [made, address, seen] = await Promise.all([calls(lab.awsControl), addressOf(), Promise.all(looks)]);
  const changing = Object.entries(made).filter(([name]) => /^(ec2|route53) /.test(name) && !reads.test(name));
  return { calls: Object.fromEntries(changing), address, hosts: Object.fromEntries(seen) };
}

const reads = / (Describe|List|Get)\w*$| DryRun$/;

/** From inside its own region, which also a dead one allows. The service's own log and canary rows grow all the time; nothing else may differ. */
async function lookAt(lab: Lab, host: string, place: Region, role: string): Promise<string> {
  const script = `set -e; cd /; export LC_ALL=C
    find opt etc/systemd etc/nginx etc/security etc/ssl/certs/spacetime-* var/lib/muster -name '*.log' -prune -o -type f -printf '%p %s %m %u %T@\\n' 2>/dev/null | sort
    ${role === 'db' ? "runuser -u postgres -- psql -XAtc 'SELECT oid, datname FROM pg_database ORDER BY 1'" : 'systemctl is-active godot-spacetime || :'}`;
  const { code, stdout, stderr } = await lab.ssh(host, script, { place });
  if (code !== 0) throw new Error(`${host}: a look ended with ${code}: ${stderr}`);
  return stdout;
}
