# Reads on in a job's stdout. Arguments: boot-id-file folder offset wait-ms pace-ms.
# Waits until there is something to read or the job ended, at most so long. Answers `STATE CODE BYTES all|more`, a
# newline, that many bytes from the offset, and, once the job has ended and all is read, the end of its stderr.
# `boot` is read by the functions that stand before this text.
# shellcheck shell=bash disable=SC2154,SC2034
set -euo pipefail
read -r boot <"$1"
folder=$2 offset=$3 wait=$4 pace=$5
[[ -d $folder ]] || { echo 'gone 0 0 all'; exit 0; }
most=262144
# A pause without a process: nothing ever comes out of this pipe.
exec {never}<> <(:)
read -r -t 0.01 -u "$never" _ || :

rounds=$((wait / 25)) every=$((pace / 25)) seen=''
for ((round = 0; ; round++)); do
  # The state first: what a job wrote before it ended is then surely counted.
  judge_job "$folder"
  if [[ $job_state != running ]] || ((round % every == 0 || round >= rounds)); then
    size=$(stat -c %s -- "$folder/stdout")
    if [[ $job_state != running ]] || ((round >= rounds || size - offset >= most)); then break; fi
    # A chatty job is read once in a pace, not line by line.
    if ((size > offset)); then
      if [[ $seen ]]; then break; fi
      seen=yes
    fi
  fi
  read -r -t 0.025 -u "$never" _ || :
done
bytes=$((size - offset))
if ((bytes > most)); then bytes=$most; fi
if ((bytes < 0)); then bytes=0; fi
rest="more"
if ((offset + bytes >= size)); then rest="all"; fi
echo "$job_state ${job_code:-0} $bytes $rest"
if ((bytes > 0)); then tail -c "+$((offset + 1))" -- "$folder/stdout" | head -c "$bytes" || :; fi
if [[ $job_state == exited && $rest == all ]]; then tail -c 8192 -- "$folder/stderr"; fi
