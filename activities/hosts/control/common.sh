# Shared by the control scripts: who a job is, whether it lives, how it is ended. Put in front of each when it is sent.
# shellcheck shell=bash disable=SC2034,SC2154
# A start of a job is a folder `<base>/jobs/<run>/<step>/<generation>/<start>`; its `identity` holds boot id, pid and the
# pid's start time, so that neither a reboot nor a reused pid is mistaken for the job.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
shopt -s nullglob
# What this call starts is not part of the call, and outlives it.
unset MUSTER_EXEC

# Sets process_state, process_parent, process_session and process_start; fails when there is no such process.
read_process() {
  local text
  { IFS= read -r -d '' text </proc/"$1"/stat; } 2>/dev/null || [[ -n ${text:-} ]] || return 1
  # After the name in parentheses, which may hold anything: field 3 is the state, 4 the parent, 6 the session, 22 the start time.
  local -a fields
  read -r -a fields <<<"${text##*) }"
  process_state=${fields[0]} process_parent=${fields[1]} process_session=${fields[3]} process_start=${fields[19]}
}

# Sets job_boot, job_pid, job_start; fails when the job never got that far.
read_identity() {
  job_boot='' job_pid='' job_start=''
  [[ -s $1/identity ]] && read -r job_boot job_pid job_start <"$1/identity" && [[ -n $job_start ]]
}

# Sets job_state to running, exited or lost, and with exited job_code.
judge_job() {
  local attempt
  job_code=''
  # Looked at twice: the job may end between the look at its exit status and the look at its process.
  for attempt in 1 2; do
    if [[ -s $1/exit ]] && read -r job_code <"$1/exit" && [[ -n $job_code ]]; then
      job_state=exited
      return 0
    fi
    if read_identity "$1" && [[ $job_boot == "$boot" ]] && read_process "$job_pid" &&
      [[ $process_start == "$job_start" && $process_state != [ZX] ]]; then
      job_state=running
      return 0
    fi
  done
  job_state=lost
}

# Sets job_processes: what lives of a job, in its session, below it, or wherever it carried its environment.
find_job_processes() {
  local folder=$1 path pid own='' grown=yes
  local -A mine=() session=() parent=()
  job_processes=()
  for path in $(grep -lzsxF -- "MUSTER_JOB=$folder" /proc/[0-9]*/environ || :); do
    pid=${path#/proc/}
    mine[${pid%/environ}]=yes
  done
  if ! read_identity "$folder" || [[ $job_boot != "$boot" ]]; then job_pid=none; fi
  for path in /proc/[0-9]*; do
    pid=${path#/proc/}
    read_process "$pid" || continue
    [[ $process_state != [ZX] ]] || continue
    parent[$pid]=$process_parent
    if [[ $process_session == "$job_pid" ]]; then
      session[$pid]=yes
      # The session is the job's own when its first process is, or when one of it carries the job's environment;
      # otherwise the number went to somebody else.
      if [[ ${mine[$pid]:-} || ($pid == "$job_pid" && $process_start == "$job_start") ]]; then own=yes; fi
    fi
  done
  if [[ $own ]]; then
    for pid in "${!session[@]}"; do mine[$pid]=yes; done
  fi
  while [[ $grown ]]; do
    grown=
    for pid in "${!parent[@]}"; do
      if [[ -z ${mine[$pid]:-} && ${mine[${parent[$pid]}]:-} ]]; then mine[$pid]=yes grown=yes; fi
    done
  done
  for pid in "${!mine[@]}"; do
    if [[ ${parent[$pid]:-} ]]; then job_processes+=("$pid"); fi
  done
}

# Ends what lives of a job and waits until it is gone: politely for two seconds, then not. Fails after ten.
end_job() {
  local folder=$1 round pid
  local -A began=()
  for round in {1..200}; do
    find_job_processes "$folder"
    for pid in "${job_processes[@]:-}"; do
      if [[ $pid ]] && read_process "$pid"; then began[$pid]=$process_start; fi
    done
    # Also what was seen below the job and has left it since, because its parent is gone.
    job_processes=()
    for pid in "${!began[@]}"; do
      if read_process "$pid" && [[ $process_start == "${began[$pid]}" && $process_state != [ZX] ]]; then
        job_processes+=("$pid")
      fi
    done
    if ((${#job_processes[@]} == 0)); then
      rm -rf -- "/dev/shm/muster${folder//\//_}"
      return 0
    fi
    if ((round == 1)); then kill -TERM "${job_processes[@]}" 2>/dev/null || :; fi
    if ((round == 1)); then kill -CONT "${job_processes[@]}" 2>/dev/null || :; fi
    if ((round > 40)); then kill -KILL "${job_processes[@]}" 2>/dev/null || :; fi
    sleep 0.05
  done
  return 1
}

# One starter, canceller or sweeper at a time on a host; freed by the kernel when its holder dies.
hold_starting() {
  exec 9>>"$base/starting"
  flock -w 30 9 || { echo 'busy'; exit 0; }
}
