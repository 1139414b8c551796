#!/bin/bash
# Captures a Redis server: BGSAVE, and its file once it has ended well. Writers are held for the moment in which the checks are answered
# and the server forks, so that they are of the snapshot. With an AOF this is all the same: a snapshot has everything the AOF has, has
# a checksum, and needs no rewrite to be held off; a restore makes an AOF of it.
#
# shellcheck disable=SC1090,SC2154
# params: socket (or empty), port, checks (NUL-separated pairs: name, query), certificate.pem, parts.sh, checks.sh, redis.sh
# secrets: auth (optional)
# results: part, archive, check, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file redis.sh)"

# ms that writers are held at most, also when this job is gone.
hold=5000

main() {
  find_tools
  prepare_puts
  reach
  read_place
  if [[ $(info replication role) != master ]]; then
    refuse NotPrimary "$(hostname): this Redis follows another, so nothing holds its data still." 'name the host of the primary in the plan.'
  fi
  keep_urls "put.$token.0.0.24.0"
  snapshot
  store
  describe
}

snapshot() {
  local try
  for try in 1 2 3 4 5; do
    await_no_child
    saves=$(info persistence rdb_saves)
    ask_and_fork >"$W/answers"
    if grep -q '^Background saving started' "$W/answers"; then
      await_save "$saves"
      # Opened once: a later save renames another file to this place.
      exec {rdb}<"$dir/$dbfilename"
      if [[ $(info persistence rdb_saves) == $((saves + 1)) ]]; then
        tell_answers
        return 0
      fi
      exec {rdb}<&-
    fi
    sleep "0.$try"
  done
  try_again "Redis did not begin a snapshot of its own: $(tail -n 3 "$W/answers")"
}

ask_and_fork() {
  local name query
  {
    printf 'CLIENT PAUSE %s WRITE\nTIME\n' "$hold"
    while IFS= read -r -d '' name && IFS= read -r -d '' query; do
      printf 'ECHO muster-check\n%s\n' "${query//$'\n'/ }"
    done <"$(param_file checks)"
    printf 'ECHO muster-fork\nBGSAVE\nTIME\nCLIENT UNPAUSE\n'
  } | redis
}

tell_answers() {
  local name query value number=0 from to
  from=$(awk '/^1\) "/ { gsub(/[^0-9]/, "", $2); print $2; exit }' "$W/answers")
  to=$(awk '/^1\) "/ { gsub(/[^0-9]/, "", $2); at = $2 } END { print at }' "$W/answers")
  # A check that writes waits for the end of the pause, and the snapshot is then of another moment.
  if ((to - from >= hold / 1000)); then
    refuse QueryFailed "$(hostname): the checks took longer than $hold ms, or one of them writes." 'use commands that read, and few.'
  fi
  started=$(date -u -d "@$from" +%Y-%m-%dT%H:%M:%S.000Z)
  while IFS= read -r -d '' name && IFS= read -r -d '' query; do
    number=$((number + 1))
    value=$(awk -v wanted="$number" '$0 == "\"muster-fork\"" { on = 0 } $0 == "\"muster-check\"" { on = ++seen == wanted; next } on' "$W/answers")
    if [[ $value == '(error)'* ]]; then
      refuse QueryFailed "$(hostname): check $name: $value" 'correct the command in the plan.'
    fi
    tell_answer "$name" "$value"
  done <"$(param_file checks)"
}

store() {
  bytes=$(stat -L -c %s "/proc/self/fd/$rdb")
  progress 0 "$bytes" 'snapshot of Redis'
  [[ $(head -c 5 "/proc/self/fd/$rdb") == REDIS ]] || refuse DumpFailed "$(hostname): $dir/$dbfilename is no snapshot of Redis." 'look at the server.'
  if ! zstd -q -1 -T0 <&"$rdb" | put_parts 0 1; then try_again 'the snapshot did not reach the store'; fi
  result "{\"type\":\"archive\",\"archive\":\"0\",\"try\":1,\"entries\":$(keys),\"bytes\":$bytes}"
}

keys() { echo 'INFO keyspace' | redis --raw | tr -d '\r' | sed -n 's/^db[0-9]*:keys=\([0-9]*\),.*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }'; }

describe() {
  tell_captured "$started" ",\"server\":{\"version\":$(json_string "$(info server redis_version)"),\"dir\":$(json_string "$dir"),\"dbfilename\":$(json_string "$dbfilename"),\"appendonly\":$(json_string "$appendonly"),\"appenddirname\":$(json_string "$appenddirname"),\"appendfilename\":$(json_string "$appendfilename")}"
}

main
