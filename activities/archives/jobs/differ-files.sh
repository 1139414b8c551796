#!/bin/bash
# Counts the files that a tree kept from before has and the present one has not, or has otherwise. Reads only.
#
# shellcheck disable=SC1090
# params: kept (NUL-separated paths, each the present path with `.before-<run>` behind it)
# results: differs (what, count, unit)

. "$MUSTER_LIB"

while IFS= read -r -d '' kept; do
  present=${kept%.before-*}
  # diff ends with 1 where it finds something.
  { LC_ALL=C diff -rq --no-dereference -- "$kept" "$present" || (($? == 1)); } >"$MUSTER_JOB/differ" 2>/dev/null ||
    refuse DiffFailed "$(hostname): $kept and $present could not be compared." 'look at both.'
  count=$(grep -cvF "Only in $present" "$MUSTER_JOB/differ" || true)
  if ((count > 0)); then
    result "{\"type\":\"differs\",\"what\":$(json_string "$present"),\"count\":$count,\"unit\":\"files\"}"
  fi
done <"$(param_file kept)"
