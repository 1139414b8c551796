# Ends a job for good. Arguments: base boot-id-file folder, where the folder is a start's or its generation's.
# Answers `ended` or `stuck PID…`.
# `boot` is read by the functions that stand before this text.
# shellcheck shell=bash disable=SC2154,SC2034
set -euo pipefail
umask 077
base=$1 folder=$3
read -r boot <"$2"
mkdir -p -- "$base"
hold_starting
starts=("$folder")
if [[ ! -d $folder/params ]]; then
  # A request to start that is still under way must find that the job has ended.
  mkdir -p -- "$folder"
  starts=("$folder"/*/)
  if ((${#starts[@]} == 0)); then
    mkdir -p -- "$folder/1/params" "$folder/1/spool"
    : >"$folder/1/stdout"
    : >"$folder/1/stderr"
    starts=("$folder/1")
  fi
fi
for start in "${starts[@]%/}"; do
  end_job "$start" || { echo "stuck ${job_processes[*]}"; exit 0; }
  judge_job "$start"
  if [[ $job_state == lost ]]; then
    # Without a status the next worker would take the job for lost and start it again.
    echo 'cancelled' >>"$start/stderr"
    echo 143 >"$start/exit.new"
    mv -T -- "$start/exit.new" "$start/exit"
  fi
done
echo 'ended'
