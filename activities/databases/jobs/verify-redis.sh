#!/bin/bash
# Gives a Redis server the commands that were answered at the snapshot.
#
# shellcheck disable=SC1090,SC2154
# params: socket (or empty), port, checks (NUL-separated pairs: name, query), parts.sh, checks.sh, redis.sh
# secrets: auth (optional)
# results: check (name, value in base64)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file redis.sh)"

ask_redis() { printf '%s\n' "$2" | redis; }

find_tools
reach
answer_checks ask_redis
