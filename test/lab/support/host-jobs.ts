/** The host jobs of a step, seen on the host itself: how often it was started, and holding one still in the middle. */
import type { Lab } from '../../../lab/client.ts';
import { until } from '../../../lab/shell.ts';

/** One start of a job: `generation/start`, who it is (boot id, pid, start time), its exit status once it ended. */
export interface JobStart {
  readonly name: string;
  readonly identity: string;
  readonly exit: string;
}

const jobs = '/var/lib/muster/jobs';

export function hostJobs(lab: Lab) {
  async function starts(host: string, run: string, step: string): Promise<JobStart[]> {
    const list = `cd ${jobs}/${run}/${step} 2>/dev/null || exit 0
      for start in */*/; do echo "\${start%/}|$(cat "$start/identity" 2>/dev/null)|$(cat "$start/exit" 2>/dev/null)"; done`;
    const { stdout } = await lab.ssh(host, list);
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', identity = '', exit = ''] = line.split('|');
        return { name, identity, exit };
      });
  }

  /**
   * Stops a step's job (SIGSTOP) once it has its staging place, however early the host is asked: a host that is still
   * off is asked again. Resolves with the job's process id. A job that was over before that is an error. A job that is just being started
   * has the lock of all starts on its host: stopped with that, it would let none begin and none be ended.
   */
  async function hold(host: string, run: string, step: string): Promise<number> {
    const script = `job=${jobs}/${run}/${step}/1/1
      until compgen -G '/opt/spacetime/.muster-application-*/tree' >/dev/null || [[ ${step} != restore-application && -s $job/identity ]]; do
        [[ ! -s $job/exit ]] || exit 9
        ((SECONDS < 20)) || exit 7
        read -r -t 0.004 _ <> <(:) || :
      done
      flock -w 20 /var/lib/muster/starting true || exit 8
      read -r _ pid _ <"$job/identity" && kill -STOP -- "-$pid" && [[ ! -s $job/exit ]] && echo "$pid"`;
    let pid = 0;
    await until(
      `the job of ${step} is held`,
      async () => {
        const { code, stdout } = await lab.ssh(host, `exec bash --norc -c ${quoted(script)}`);
        if (code === 9) throw new Error(`The job of ${step} was over before it could be held.`);
        pid = Number(stdout);
        return code === 0 && pid > 0;
      },
      { timeoutMs: 90_000, everyMs: 100 },
    );
    return pid;
  }

  /** A job that Muster ended meanwhile has nothing to go on with. */
  async function letGo(host: string, pid: number): Promise<void> {
    const { code, stderr } = await lab.ssh(host, `kill -CONT -- -${pid} || ! kill -0 -- -${pid}`);
    if (code !== 0) throw new Error(`${host}: the job could not go on: ${stderr}`);
  }

  return { starts, hold, letGo };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
