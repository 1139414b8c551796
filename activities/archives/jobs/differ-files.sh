#!/bin/bash
# Counts the files that a tree kept from before has and the present one has not, or has otherwise. Reads only.
#
# shellcheck disable=SC1090
# params: kept (NUL-separated paths, each the present path with `.before-<run>` behind it)
# results: differs (what, count, unit)

. "$MUSTER_LIB"

while IFS= read -r -d '' kept; do
  present=${kept%.before-*}
  # It lies in a tree that was kept itself since, and is counted there.
  [[ -e $kept || -L $kept ]] || continue
  # diff ends with 1 where it finds something.
  { LC_ALL=C diff -rq --no-dereference --exclude="*.before-${kept##*.before-}" -- "$kept" "$present" || (($? == 1)); } >"$MUSTER_JOB/differ" 2>/dev/null ||
    refuse DiffFailed "$(hostname): $kept and $present could not be compared." 'look at both.'
  # What is only in the present tree came since. Its name is the beginning of the kept one's.
  count=$(only="Only in $present" awk '
    BEGIN { only = ENVIRON["only"] }
    index($0, only ":") != 1 && index($0, only "/") != 1 { n++ }
    END { print n + 0 }' "$MUSTER_JOB/differ")
  if ((count > 0)); then
    result "{\"type\":\"differs\",\"what\":$(json_string "$present"),\"count\":$count,\"unit\":\"files\"}"
  fi
done <"$(param_file kept)"
