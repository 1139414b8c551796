# Ends a job for good. Arguments: base boot-id-file folder. Answers `ended` or `stuck PID…`.
# shellcheck shell=bash disable=SC2154
set -euo pipefail
base=$1 folder=$3
read -r boot <"$2"
[[ -d $folder ]] || { echo 'ended'; exit 0; }
hold_starting
end_job "$folder" || { echo "stuck ${job_processes[*]}"; exit 0; }
judge_job "$folder"
if [[ $job_state == lost ]]; then
  # Without a status the next worker would take the job for lost and start it again.
  echo 'cancelled' >>"$folder/stderr"
  echo 143 >"$folder/exit.new"
  mv -T -- "$folder/exit.new" "$folder/exit"
fi
echo 'ended'
