#!/bin/bash
# Brings a PostgreSQL cluster back to a moment. The backup is restored beside the present cluster and replays its log up to the moment in a
# server of its own that nobody can reach, which pauses there. Only when that moment was reached does the recovery end, on a new
# timeline; and only when the checks were answered is the present server stopped, its data kept as <data>.before-<run>, and the restored data
# started in its place. With `into` it stays where it was restored, stopped, and archives nothing.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: point, run, label, size, server, until (with zone), latest (the end of the log; without both: the end of the backup), into, start, stop, checks (NUL-separated pairs: name, query),
#         component, stanza, data-directory, database, port, system-user, parts.sh, checks.sh, postgresql.sh, postgresql-server.sh, pgbackrest.sh
# secrets: config (pgBackRest's configuration)
# results: done-already, reached, check, kept, noted, summary
# For undo-pgbackrest.sh it notes in restored/ that the present cluster is renamed (`.kept`), before it does so.

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"
. "$(param_file pgbackrest.sh)"

main() {
  find_pgbackrest
  find_server "$(param server | cut -d. -f1)"
  name_marks
  if [[ -e $mark.done ]]; then
    result '{"type":"done-already","at":""}'
    exit 0
  fi
  make_config
  if has_param into; then staged=$(param into); fi
  if [[ ! -e $mark.switched ]]; then
    refuse_impossible
    ask_info
    grep -q "\"label\":\"$(param label)\"" "$W/info" ||
      refuse BackupMissing "$(hostname): the repository of $stanza does not have $(param label)." 'it was expired or deleted; restore an earlier recovery point.'
    push_log
    restore_beside
    recover
  fi
  if has_param into; then close_copy; else switch_in; fi
  date -u +%Y-%m-%dT%H:%M:%SZ >"$mark.done"
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

refuse_impossible() {
  local parent=${staged%/*}
  if ! has_param into && mountpoint -q -- "$data" 2>/dev/null; then
    refuse CannotSwitch "$(hostname): $data cannot be replaced by a rename, because it is a mount point." 'keep the data in a folder below it.'
  fi
  [[ -d $parent ]] || refuse PathMissing "$(hostname) has no folder $parent." 'make it, or correct `dataDirectory` of this component.'
  if [[ ! -e $mark.begun ]]; then
    if [[ -d $staged && -n $(ls -A -- "$staged") ]]; then
      refuse PathTaken "$(hostname): $staged is not empty." 'name an empty folder, or move it away.'
    fi
    need_room "$parent" "$(param size)" 'the restored cluster'
  fi
}

# The log of the last minutes may still lie with the present server, and its timeline is the one that people saw.
push_log() {
  timeline=latest
  if ! server_runs "$data" || [[ $(echo 'SELECT pg_is_in_recovery()' | sql postgres 2>/dev/null) != f ]]; then return 0; fi
  timeline=$(echo "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int" | sql postgres)
  if ! br check; then noted "the present server's last log did not reach the archive: $(br_said | head -c 300)"; fi
}

# What an earlier start left half restored begins again; a whole one is used.
restore_beside() {
  if server_runs "$staged"; then (cd / && as_user pg_ctl -D "$staged" -m fast -w stop) >/dev/null; fi
  if [[ -s $mark.sockets ]]; then rm -rf -- "$(cat -- "$mark.sockets")"; fi
  if [[ -e $mark.restored && -e $staged/PG_VERSION ]]; then return 0; fi
  if [[ -e $mark.begun && $(cat -- "$mark.begun") == "$staged" ]]; then
    [[ ! -d $staged ]] || find "$staged" -mindepth 1 -delete
  fi
  printf '%s' "$staged" >"$mark.begun"
  if [[ ! -d $staged ]]; then
    (cd / && as_user mkdir -m 700 -- "$staged") 2>/dev/null ||
      install -d -m 700 -o "$system_user" -g "$(id -gn "$system_user")" -- "$staged"
  fi
  chmod 700 -- "$staged"
  local target=(--type=immediate --target-action=pause)
  if has_param until; then target=(--type=time "--target=$(param until)" --target-timeline="$timeline" --target-action=pause);
  elif has_param latest; then target=(--type=default --target-timeline="$timeline"); fi
  if has_param into; then target+=(--archive-mode=off); fi
  progress 0 100 "pgbackrest restore --set=$(param label)"
  if ! br restore --set="$(param label)" --pg1-path="$staged" --tablespace-map-all="$data.tablespaces-$run" \
    "${target[@]}"; then
    refuse RestoreFailed "$(hostname): pgbackrest restore: $(br_said | head -c 700)" 'mend what it names, then retry this step.'
  fi
  touch -- "$mark.restored"
}

# A server of its own replays the log: no network, a socket in a private folder, a pause at the moment. What it writes of the new timeline
# waits for the archive_command of the real server; a copy that stays apart archives nothing.
recover() {
  sockets=$(cd / && as_user mktemp -d /tmp/muster-pg.XXXXXX)
  printf '%s' "$sockets" >"$mark.sockets"
  (cd / && as_user sh -c 'umask 077; : >"$1/postgresql.conf"; : >"$1/ident"; echo "local all all peer" >"$1/hba"' sh "$sockets")
  local options
  options="-c config_file=$sockets/postgresql.conf -c hba_file=$sockets/hba -c ident_file=$sockets/ident -c listen_addresses='' -c port=5432"
  options+=" -c unix_socket_directories=$sockets -c logging_collector=off -c log_destination=stderr -c lc_messages=C"
  options+=" -c hot_standby=on -c ssl=off -c shared_preload_libraries='' -c cluster_name='' -c log_min_messages=info -c log_line_prefix='' -c recovery_target_action=pause $(sizes)"
  if has_param into; then options+=' -c archive_mode=off'; else options+=" -c archive_mode=on -c archive_command='' -c archive_library=''"; fi
  # The end of a backup lies on the backup's own timeline, whatever branched off since.
  has_param until || has_param latest || options+=' -c recovery_target_timeline=current'
  progress 50 100 'replaying the log'
  if ! (cd / && as_user pg_ctl -D "$staged" -W -l "$sockets/log" -o "$options" start) >"$W/start" 2>&1 </dev/null; then
    refuse RecoveryFailed "$(hostname): the restored cluster does not start: $(tail -c 500 "$W/start")" 'see what it says; the present cluster was not touched.'
  fi
  # pg_ctl does not wait: until the server has noted its pid, or said why not, it only seems to have ended.
  local looks=0
  until [[ -e $staged/postmaster.pid || -s $sockets/log ]] || ((looks++ >= 100)); do sleep 0.1; done
  # Without its signal the recovery had ended when an earlier start was interrupted.
  if [[ -e $staged/recovery.signal ]] && ! has_param latest; then wait_for_moment; fi
  end_recovery
  ask_checks
  reset_recovery | private postgres
  (cd / && as_user pg_ctl -D "$staged" -m fast -w stop) >/dev/null
  (cd / && as_user rm -rf -- "$sockets")
}

# A standby must not be smaller than its primary was in these.
sizes() {
  (cd / && as_user pg_controldata "$staged") | LC_ALL=C awk -F ': +' '
    $1 == "max_connections setting" { print "-c max_connections=" $2 }
    $1 == "max_worker_processes setting" { print "-c max_worker_processes=" $2 }
    $1 == "max_wal_senders setting" { print "-c max_wal_senders=" $2 }
    $1 == "max_prepared_xacts setting" { print "-c max_prepared_transactions=" $2 }
    $1 == "max_locks_per_xact setting" { print "-c max_locks_per_transaction=" $2 }' | tr '\n' ' '
}

private() { (cd / && as_user psql -XAtq -v ON_ERROR_STOP=1 -h "$sockets" -p 5432 -d "$@"); }

recovery_log() { (cd / && as_user cat -- "$sockets/log"); }

wait_for_moment() {
  local looks=0 last
  while :; do
    recovery_log >"$W/recovery.log"
    # Paused alone proves nothing: a server pauses too when it is too small for its log.
    if grep -q 'recovery stopping' "$W/recovery.log" && [[ $(echo 'SELECT pg_is_wal_replay_paused()' | private postgres 2>/dev/null) == t ]]; then break; fi
    if ! server_runs "$staged"; then
      recovery_log >"$W/recovery.log"
      if grep -q 'before configured recovery target was reached' "$W/recovery.log"; then
        last=$(grep -oE 'last completed transaction was at log time .*' "$W/recovery.log" | tail -n 1)
        refuse_recovery TargetNotReached "the archived log ends before $(param until 'the end of the backup')${last:+: $last}." \
          'give an earlier moment, or bring the missing log into the archive; the present cluster was not touched.'
      fi
      refuse_recovery RecoveryFailed "the recovery ended: $(tail -n 5 "$W/recovery.log" | head -c 600)" 'see what it says; the present cluster was not touched.'
    fi
    if grep -q 'recovery has paused' "$W/recovery.log" && ! grep -q 'recovery stopping' "$W/recovery.log"; then
      refuse_recovery RecoveryFailed "the recovery paused before the moment: $(grep -B 2 'recovery has paused' "$W/recovery.log" | head -c 600)" 'see what it says; the present cluster was not touched.'
    fi
    if ((looks++ % 10 == 0)); then progress 60 100 "replaying the log: $(echo 'SELECT pg_last_xact_replay_timestamp()' | private postgres 2>/dev/null || echo 'not consistent yet')"; fi
    sleep 0.2
  done
  last=$(echo "SELECT to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')" | private postgres)
  result "{\"type\":\"reached\",\"how\":$(json_string "$(grep -o 'recovery stopping.*' "$W/recovery.log" | tail -n 1)"),\"last\":$(json_string "$last")}"
}

refuse_recovery() {
  (cd / && as_user pg_ctl -D "$staged" -m immediate stop) >/dev/null 2>&1 || true
  (cd / && as_user rm -rf -- "$sockets")
  # The next attempt begins from the backup again.
  rm -f -- "$mark.restored"
  refuse "$1" "$(hostname): $2" "$3"
}

ask_checks() {
  local name query value
  while IFS= read -r -d '' name && IFS= read -r -d '' query; do
    if ! value=$(printf '%s;\n' "${query%;}" | private "$database" 2>"$W/errors"); then
      refuse_recovery QueryFailed "check $name failed at that moment: $(head -c 300 "$W/errors")" \
        'look at the query, or choose another moment; the present cluster was not touched.'
    fi
    tell_answer "$name" "$value"
    noted "check $name answers $value"
  done <"$(param_file checks)"
}

# Transactions that were open at that moment are rolled back now; until then they lock what they were about to change.
end_recovery() {
  local last
  if ! has_param latest; then echo 'SELECT pg_wal_replay_resume() WHERE pg_is_in_recovery()' | private postgres >/dev/null; fi
  while [[ $(echo 'SELECT pg_is_in_recovery()' | private postgres 2>/dev/null) != f ]]; do
    if has_param latest; then progress 60 100 'replaying the log to its end'; fi
    server_runs "$staged" || refuse_recovery RecoveryFailed "the recovery did not end: $(recovery_log | tail -n 5 | head -c 600)" 'see what it says; the present cluster was not touched.'
    sleep 0.2
  done
  if has_param latest; then
    last=$(recovery_log | grep -oE 'last completed transaction was at log time .*' | tail -n 1)
    noted "the log was replayed to its end; its ${last:-last transaction is that of the backup}"
  fi
}

reset_recovery() {
  local setting
  for setting in restore_command recovery_target recovery_target_time recovery_target_action recovery_target_timeline; do
    echo "ALTER SYSTEM RESET $setting;"
  done
}

close_copy() {
  noted "the cluster is in $staged, stopped; as $system_user: pg_ctl -D $staged -o '-p PORT' start"
}

# Two renames; interrupted anywhere, it goes on. Ends with the new timeline open and a backup of it.
switch_in() {
  if [[ ! -e $mark.switched ]]; then
    stop_server
    if [[ -d $data && ! -e $kept ]]; then
      printf '%s' "$kept" >"$mark.kept"
      mv -T -- "$data" "$kept"
    fi
    [[ ! -d $staged ]] || mv -T -- "$staged" "$data"
    touch -- "$mark.switched"
  fi
  if [[ -d $kept ]]; then result "{\"type\":\"kept\",\"path\":$(json_string "$kept")}"; fi
  progress 80 100 'starting the server'
  server_runs "$data" || by_plan start
  wait_until_open
  timeline=$(echo 'CHECKPOINT; SELECT timeline_id FROM pg_control_checkpoint()' | sql postgres)
  noted "the server writes timeline $timeline"
  progress 90 100 'pgbackrest backup of the new timeline'
  if ! br backup --type=incr --annotation="muster-after=$run"; then
    noted "NO BACKUP OF THE NEW TIMELINE: $(br_said | head -c 400) Take one now."
  fi
}

wait_until_open() {
  local gone=0
  while :; do
    if [[ $(echo 'SELECT pg_is_in_recovery()' | sql postgres 2>/dev/null) == f ]]; then return 0; fi
    if server_runs "$data"; then gone=0; else gone=$((gone + 1)); fi
    if ((gone > 50)); then
      refuse ServerNotOpen "$(hostname): the restored server ended before it was open." 'its own log says why; undo puts the former cluster back.'
    fi
    sleep 0.2
  done
}

main
