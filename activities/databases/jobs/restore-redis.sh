#!/bin/bash
# Restores a Redis server: what is there is saved and put aside as <file>.before-<run>, the snapshot takes its place (as the base of a
# new AOF where the server has one), the server starts and answers the checks. If they differ, what was there is put back at once.
# Into a folder: a scratch server loads the snapshot there, answers the checks and is stopped; the file stays.
#
# shellcheck disable=SC1090,SC2034,SC2154
# params: point, run, component, parts, gets, locations, socket (or empty), port, start, stop (or empty), into (or empty), server
#         (version), place (lines: dir, dbfilename, appendonly, appenddirname, appendfilename, as at the point), bytes,
#         checks (NUL-separated triples: name, query, expected), parts.sh, redis.sh
# secrets: key.<point>, auth (optional)
# results: repaired, done-already, check, kept, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file redis.sh)"

main() {
  find_tools
  need_tools redis-check-rdb redis-server
  name_files
  into=$(param into)
  if [[ -n $into ]]; then
    elsewhere
  else
    in_place
  fi
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

in_place() {
  if [[ $(state) == restored ]]; then
    start_server || refuse StartFailed "$(hostname): \`$(param start)\` did not start Redis: $(tail -c 300 "$W/start")" 'look at its log.'
    result '{"type":"done-already","at":""}'
    exit 0
  fi
  find_place
  need_room "$dir" "$(($(param bytes) * 2))" 'the snapshot'
  fetch "$(staged)"
  chown --reference="$dir" -- "$(staged)"
  if [[ -z $(state) ]]; then
    save_present
    note state stopping
  fi
  stop_server
  if [[ $(state) == stopping ]]; then
    note had "$(for name in "$dbfilename" "$appenddirname"; do [[ ! -e $dir/$name ]] || echo "$name"; done)"
    note state switching
  fi
  put_aside
  place
  if ! start_server; then give_up RestoreFailed "the server did not start on the snapshot: $(tail -c 300 "$W/start")" 'look at its log; what was there before serves again.'; fi
  if ! run_checks; then give_up DataDiffers "$differs" 'restore another recovery point; what was there before serves again.'; fi
  note state restored
  rm -f -- "$(staged)"
  local name
  while IFS= read -r name; do
    [[ -z $name ]] || result "{\"type\":\"kept\",\"path\":$(json_string "$dir/$name.before-$run")}"
  done <"$mark.had"
}

# From the server itself; one that does not start any more is taken to be as it was at the recovery point.
find_place() {
  known_place && return 0
  if start_server; then
    read_place
    if older_than "$(info server redis_version)"; then
      refuse ServerTooOld "$(hostname): Redis $(info server redis_version) is older than the snapshot ($(param server))." 'install the same or a newer version there.'
    fi
  else
    { read -r dir; read -r dbfilename; read -r appendonly; read -r appenddirname; read -r appendfilename; } <"$(param_file place)"
    [[ -d $dir ]] || refuse DatabaseUnreachable "$(hostname): Redis does not start, and its folder of old, $dir, is not here." 'start it, or make the folder.'
  fi
  note place "$(printf '%s\n' "$dir" "$dbfilename" "$appendonly" "$appenddirname" "$appendfilename")"
}

older_than() { (($(numbered "$1") < $(numbered "$(param server)"))); }
numbered() { awk -F. '{ print $1 * 1000 + $2 }' <<<"$1"; }

fetch() {
  [[ ! -e $1 ]] || return 0
  progress 0 "$(param bytes)" 'fetching the snapshot'
  (umask 077 && open_archive 0 | inflate >"$1.part")
  redis-check-rdb "$1.part" >"$W/check" 2>&1 ||
    refuse RestoreFailed "$(hostname): the snapshot is not whole for this Redis: $(tail -n 3 "$W/check")" 'use another recovery point; nothing was touched.'
  mv -T -- "$1.part" "$1"
}

# What was written since the last snapshot would be gone with the process: writers are held, and it is written down. An AOF has it.
save_present() {
  local saves
  if ! answers || [[ $appendonly == yes ]]; then return 0; fi
  await_no_child
  saves=$(info persistence rdb_saves)
  echo 'CLIENT PAUSE 60000 WRITE' | redis >/dev/null
  echo 'BGSAVE' | redis >/dev/null
  await_save "$saves"
}

# In any order and any number of times: what is kept already is not touched again.
put_aside() {
  local name
  for name in "$dbfilename" "$appenddirname"; do
    if grep -qxF -- "$name" "$mark.had" && [[ ! -e $dir/$name.before-$run ]]; then
      mv -T -- "$dir/$name" "$dir/$name.before-$run"
    else
      rm -rf -- "${dir:?}/$name"
    fi
  done
}

# Redis never writes into these files, it replaces them; so a link will do.
place() {
  if [[ $appendonly == yes ]]; then
    local folder=$dir/$appenddirname
    mkdir -m 755 -- "$folder"
    ln -f -- "$(staged)" "$folder/$appendfilename.1.base.rdb"
    printf 'file %s.1.base.rdb seq 1 type b\n' "$appendfilename" >"$folder/$appendfilename.manifest"
    chown -R --reference="$dir" -- "$folder"
  else
    ln -f -- "$(staged)" "$dir/$dbfilename"
  fi
}

give_up() {
  put_back
  forget
  refuse "$1" "$(hostname): $2." "$3"
}

elsewhere() {
  local ours=$into/.muster-$run waited=0
  if [[ -e $ours.done ]]; then
    result '{"type":"done-already","at":""}'
    exit 0
  fi
  if [[ -e $into && ! -e $ours && -n $(ls -A -- "$into" 2>/dev/null) ]]; then
    refuse PathTaken "$(hostname): $into is there already and not empty." 'choose another folder.'
  fi
  mkdir -p -- "$into"
  : >"$ours"
  need_room "$into" "$(($(param bytes) * 2))" 'the snapshot'
  fetch "$into/dump.rdb"
  scratch_folder=$(mktemp -d /tmp/muster-XXXXXX)
  redis-server --port 0 --unixsocket "$scratch_folder/s" --dir "$into" --dbfilename dump.rdb --save '' --appendonly no --daemonize no \
    --logfile "$W/scratch.log" >/dev/null 2>&1 </dev/null &
  scratch_pid=$!
  trap stop_scratch EXIT
  to=(-s "$scratch_folder/s")
  unset 'muster_secrets[auth]'
  until answers; do
    if ! kill -0 "$scratch_pid" 2>/dev/null; then
      refuse RestoreFailed "$(hostname): a scratch server could not load the snapshot: $(tail -n 3 "$W/scratch.log")" 'mend what it names, then retry this step.'
    fi
    ((++waited % 50)) || progress 0 1 'a scratch server loads the snapshot'
    sleep 0.1
  done
  run_checks || refuse DataDiffers "$(hostname): $differs." 'use another recovery point.'
  stop_scratch
  mv -T -- "$ours" "$ours.done"
}

stop_scratch() {
  trap - EXIT
  kill -KILL "$scratch_pid" 2>/dev/null || true
  wait "$scratch_pid" 2>/dev/null || true
  rm -rf -- "$scratch_folder"
}

main
