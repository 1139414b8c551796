#!/bin/bash
# Gives a Redis server the commands that were answered at the snapshot.
#
# shellcheck disable=SC1090,SC2154
# params: socket (or empty), port, checks (NUL-separated pairs: name, query), parts.sh, redis.sh
# secrets: auth (optional)
# results: check (name, value in base64)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file redis.sh)"

find_tools
reach
while IFS= read -r -d '' name && IFS= read -r -d '' query; do
  value=$(printf '%s\n' "$query" | redis)
  result "{\"type\":\"check\",\"name\":$(json_string "$name"),\"value\":\"$(printf '%s' "$value" | base64 -w 0)\"}"
done <"$(param_file checks)"
