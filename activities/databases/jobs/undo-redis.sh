#!/bin/bash
# Puts the files of a Redis server back as they were before restore-redis.sh, out of what that script noted, and starts it.
#
# shellcheck disable=SC1090,SC2154
# params: point, run, component, socket (or empty), port, start, stop (or empty), into (or empty), parts.sh, redis.sh
# secrets: auth (optional)
# results: put-back, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file redis.sh)"

main() {
  find_tools
  name_files
  if [[ -n $(param into) ]]; then
    remove_into "$(param into)"
  else
    known_place || true
    case $(state) in
      stopping) start_server || refuse StartFailed "$(hostname): \`$(param start)\` did not start Redis: $(tail -c 300 "$W/start")" 'look at its log.' ;;
      switching | restored)
        put_back
        result "{\"type\":\"put-back\",\"path\":$(json_string "$dir")}"
        ;;
    esac
    forget
  fi
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

# Only what a restore of this run laid there.
remove_into() {
  if [[ -e $1/.muster-$run || -e $1/.muster-$run.done ]]; then
    rm -f -- "$1"/dump.rdb "$1"/dump.rdb.part "$1/.muster-$run" "$1/.muster-$run.done"
    rmdir --ignore-fail-on-non-empty -- "$1"
  fi
}

main
