# First process of a job: writes who it is, runs the script, writes its exit status last.
# Arguments: folder boot-id lock. stdin carries the secrets on to the script; nothing here reads them.
# shellcheck shell=bash disable=SC2154
set -uo pipefail
folder=$1 boot=$2 lock=$3
export MUSTER_JOB=$folder MUSTER_LIB=$folder/scripts/lib
ulimit -c 0

read_process "$$"
printf '%s %s %s\n' "$boot" "$$" "$process_start" >"$folder/identity.new"
mv -T -- "$folder/identity.new" "$folder/identity"
exec 9>&-

# A cancelled job's script is told to end, and this process stays to say how it ended.
trap : TERM HUP INT
umask 022
cd -- "$folder/work" || exit 1
bash -euo pipefail "$folder/scripts/job"
code=$?
if ((code != 0)); then
  # A failed script leaves nothing running beside the next start.
  for path in /proc/[0-9]*; do
    pid=${path#/proc/}
    if [[ $pid != "$$" ]] && read_process "$pid" && [[ $process_session == "$$" ]]; then kill -KILL "$pid" 2>/dev/null; fi
  done
fi
rm -rf -- "/dev/shm/muster${folder//\//_}"
if [[ -n $lock ]]; then
  read -r owner <"${folder%/jobs/*}/locks/$lock/owner"
  [[ $owner != "$folder" ]] || rm -rf -- "${folder%/jobs/*}/locks/$lock"
fi
printf '%s\n' "$code" >"$folder/exit.new"
mv -T -- "$folder/exit.new" "$folder/exit"
