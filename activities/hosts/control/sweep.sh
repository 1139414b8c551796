# Removes what is older than so many seconds: folders of ended jobs, requests that were cut, dumps of restores that were given up.
# Arguments: base boot-id-file seconds. Answers the removed folders, NUL-terminated.
# `boot` is read by the functions that stand before this text.
# shellcheck shell=bash disable=SC2154,SC2034
set -euo pipefail
base=$1 seconds=$3
read -r boot <"$2"
[[ -d $base/jobs ]] || exit 0
hold_starting
old() { [[ -z $(find "$1" -maxdepth 1 -newermt "-$seconds seconds" -print -quit) ]]; }
for folder in "$base"/jobs/*/*/*/*/; do
  folder=${folder%/}
  job_processes=()
  if [[ ! -s $folder/exit ]]; then find_job_processes "$folder"; fi
  if ((${#job_processes[@]} == 0)) && old "$folder"; then
    rm -rf -- "$folder" "/dev/shm/muster${folder//\//_}"
    printf '%s\0' "$folder"
  fi
done
for depth in '*/*/*' '*/*' '*'; do
  # shellcheck disable=SC2086
  for folder in "$base"/jobs/$depth/; do rmdir -- "$folder" 2>/dev/null || :; done
done
# Nothing goes on with these: a restore that is taken up again fetches its dump anew.
for mark in "$base"/restored/*.dump; do
  old "$mark" || continue
  read -r dump _ <"$mark" || :
  [[ $dump != /var/tmp/muster-dump.* ]] || rm -f -- "$dump" "$dump.list"
  rm -f -- "$mark"
done
find "$base/prepared" -mindepth 1 -maxdepth 1 -not -newermt "-$seconds seconds" -exec rm -rf -- {} +
