# Shared by the Redis scripts: reaching the server, its files, stopping and starting it. Sourced after parts.sh.
# What is set here is read by the scripts that source it.
# shellcheck disable=SC2034,SC2154

# Seconds that a server may take to stop, and to answer after its start; loading comes on top.
patience=30

find_tools() {
  need_tools redis-cli
  to=(-h 127.0.0.1 -p "$(param port)")
  [[ -z $(param socket) ]] || to=(-s "$(param socket)")
}

# redis [options]: commands from stdin, answers as redis-cli prints them, typed. The password goes through the pipe.
redis() {
  if has_secret auth; then
    { secret auth; echo; cat; } | redis-cli --no-raw "$@" "${to[@]}" 2>"$W/redis.errors" | sed 1d
  else
    redis-cli --no-raw "$@" "${to[@]}" 2>"$W/redis.errors"
  fi
}

answers() { [[ $(echo PING | redis || true) == PONG ]]; }

reach() {
  local says
  says=$(echo PING | redis || true)
  [[ $says == PONG ]] ||
    refuse DatabaseUnreachable "$(hostname): Redis at ${to[*]} does not answer: $says $(head -c 300 "$W/redis.errors")" \
      'start it, or correct socket, port and account of this component in the plan.'
}

# info SECTION FIELD
info() { echo "INFO $1" | redis --raw | tr -d '\r' | awk -F: -v field="$2" '$1 == field { print $2 }'; }

config() {
  local value
  value=$(echo "CONFIG GET $1" | redis --raw | sed -n 2p)
  [[ -n $value ]] || refuse ConfigHidden "$(hostname): Redis does not say its $1." 'allow CONFIG to the account of the plan.'
  printf '%s' "$value"
}

# Where its files lie, from itself.
read_place() {
  dir=$(config dir)
  dbfilename=$(config dbfilename)
  appendonly=$(config appendonly)
  appenddirname=$(config appenddirname)
  appendfilename=$(config appendfilename)
}

# save_now: a snapshot that began after this call has ended well. Another child process is waited for.
await_no_child() {
  local waited=0
  while [[ $(info persistence rdb_bgsave_in_progress) != 0 || $(info persistence aof_rewrite_in_progress) != 0 ]]; do
    ((waited++ < 36000)) || try_again 'another save of Redis does not end'
    sleep 0.1
  done
}

# await_save SAVES: until the save after so many has ended; `rdb_saves` counts those that went well.
await_save() {
  local waited=0
  while [[ $(info persistence rdb_bgsave_in_progress) != 0 ]]; do
    ((waited++ % 50)) || progress 0 1 'Redis writes its snapshot'
    sleep 0.1
  done
  if [[ $(info persistence rdb_last_bgsave_status) != ok || $(info persistence rdb_saves) == "$1" ]]; then
    refuse DumpFailed "$(hostname): Redis could not write its snapshot to $dir." 'look at its log and at the room there, then retry this step.'
  fi
}

stop_server() {
  local pid end=$((SECONDS + patience))
  answers || return 0
  pid=$(info server process_id)
  if [[ -n $(param stop) ]]; then
    bash -c "$(param stop)" >"$W/stop" 2>&1 </dev/null || refuse StopFailed "$(hostname): \`$(param stop)\` failed: $(tail -c 300 "$W/stop")" 'mend what it names.'
  else
    echo 'SHUTDOWN NOSAVE' | redis >/dev/null 2>&1 || true
  fi
  while [[ -e /proc/$pid ]] && [[ $(awk '{ print $3 }' "/proc/$pid/stat" 2>/dev/null) != [ZX] ]]; do
    ((SECONDS < end)) || refuse StopFailed "$(hostname): Redis ($pid) does not stop." 'stop it, then retry this step.'
    sleep 0.1
  done
}

# Started, and all its data loaded.
start_server() {
  local end=$((SECONDS + patience)) says
  if ! answers && [[ $(echo PING | redis || true) != *LOADING* ]]; then
    bash -c "$(param start)" >"$W/start" 2>&1 </dev/null || return 1
  fi
  while :; do
    says=$(echo PING | redis || true)
    if [[ $says == PONG ]]; then return 0; fi
    if [[ $says == *LOADING* ]]; then progress 0 1 'Redis loads its data'; elif ((SECONDS > end)); then return 1; fi
    sleep 0.1
  done
}

# Marks between answers, because one may have many lines.
run_checks() {
  local name query expected value
  while IFS= read -r -d '' name && IFS= read -r -d '' query && IFS= read -r -d '' expected; do
    value=$(printf '%s\n' "$query" | redis)
    if [[ $value != "$expected" ]]; then
      differs="check $name answers $value, and at the recovery point it was $expected"
      return 1
    fi
    result "{\"type\":\"check\",\"name\":$(json_string "$name")}"
  done <"$(param_file checks)"
}

# --- the files of a restore, for it and for its undo ---------------------------------------------------------------
# restored/<component>.<point>.<run>: .place (five lines), .had (which of the two were there), .state (stopping, switching, restored)

name_files() {
  run=$(param run)
  mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$(param point).$run
  mkdir -p -- "${mark%/*}"
}

state() { [[ ! -e $mark.state ]] || cat -- "$mark.state"; }

note() {
  printf '%s\n' "$2" >"$mark.$1.new"
  mv -T -- "$mark.$1.new" "$mark.$1"
}

known_place() {
  [[ -e $mark.place ]] || return 1
  { read -r dir; read -r dbfilename; read -r appendonly; read -r appenddirname; read -r appendfilename; } <"$mark.place"
}

staged() { printf '%s/.muster-%s-%s-%s.rdb' "$dir" "$(param component)" "$(param point)" "$run"; }

# What was there goes back; what was restored is removed: the recovery point has it.
put_back() {
  local name
  stop_server
  for name in "$dbfilename" "$appenddirname"; do
    if grep -qxF -- "$name" "$mark.had"; then
      # Not moved yet, or put back already.
      [[ -e $dir/$name.before-$run ]] || continue
      rm -rf -- "${dir:?}/$name"
      mv -T -- "$dir/$name.before-$run" "$dir/$name"
    else
      rm -rf -- "${dir:?}/$name"
    fi
  done
  start_server || refuse StartFailed "$(hostname): \`$(param start)\` did not bring Redis back: $(tail -c 300 "$W/start")" 'look at its log.'
}

forget() {
  [[ -z ${dir:-} ]] || rm -f -- "$(staged)" "$(staged).part"
  rm -f -- "$mark".{place,had,state}
}
