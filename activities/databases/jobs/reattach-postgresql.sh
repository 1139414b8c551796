#!/bin/bash
# Makes a stopped PostgreSQL server the standby of another one. What it has is taken up where it can be: as it is (follow), taken back to where
# the two parted by pg_rewind (rewind), or replaced by a copy of the primary with pg_basebackup (rebuild), which is also what is done when the
# first two do not lead to a standby that streams. Writes that only this server has are kept beside it. Settings that lie in its data
# directory stay its own: those of the other host would give it the other's address.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: run, way (follow, rewind, rebuild), divergent (yes, no), start, stop, bytes, within (seconds), primary-host, primary-port, user, slot,
#         application-name, sslmode, config-file, server (major version), data-directory, database, port, system-user, parts.sh, postgresql.sh, postgresql-server.sh
# secrets: passfile
# results: kept, noted, attached

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"

main() {
  find_tools
  find_server "$(param server)"
  run=$(param run) way=$(param way)
  # A later start of this step may see only the copy that an earlier one made: what diverged has a name that nothing here removes.
  before=$data.before-$run diverged=$data.diverged-$run kept=$before
  if [[ $(param divergent) == yes ]]; then kept=$diverged; fi
  joining=$data.joining-$run settings=$data.settings-$run
  passfile=${data%/*}/.muster-$(param slot).pgpass
  if server_runs "$data"; then
    refuse ServerRuns "$(hostname): a server runs on $data." 'retry this step: it stops it first.'
  fi
  write_passfile
  keep_settings
  case $way in
    rewind) if keep_copy && rewind && join 30; then tell; return 0; fi ;;
    follow) if join 30; then tell; return 0; fi ;;
  esac
  if [[ $way != rebuild ]]; then noted "$way did not lead to a standby that streams: ${why:-no reason was given}; a copy of the primary is made instead"; fi
  stop_quietly
  rebuild
  if ! join "$(param within)"; then
    refuse NotStreaming "$(hostname): the standby does not stream from $(param primary-host): ${why:-}" \
      "look at the server's own log, pg_hba.conf of the primary and the password."
  fi
  way=rebuild
  tell
}

own() { (cd / && as_user "$@"); }

noted() { result "{\"type\":\"noted\",\"what\":$(json_string "$1")}"; }

# The standby's server needs it at every start, so it stays: mode 600, the server's own user.
write_passfile() { secret passfile | own sh -c 'umask 077; cat >"$1.new" && mv -T -- "$1.new" "$1"' sh "$passfile"; }

conninfo() {
  printf "host=%s port=%s user=%s application_name=%s sslmode=%s passfile=%s" "$(param primary-host)" "$(param primary-port)" "$(param user)" \
    "$(param application-name)" "$(param sslmode)" "$passfile"
}

# Taken once: an interrupted start may have replaced what lies in the data directory by the other host's.
keep_settings() {
  if own test -d "$settings" || ! own test -d "$data"; then return 0; fi
  own sh -c 'umask 077; rm -rf -- "$2.new" && mkdir -- "$2.new" && for file in postgresql.conf postgresql.auto.conf pg_hba.conf pg_ident.conf; do
    if [ -f "$1/$file" ]; then cp -p -- "$1/$file" "$2.new/"; fi; done && mv -T -- "$2.new" "$2"' sh "$data" "$settings"
}

put_settings_back() { if own test -d "$settings"; then own sh -c 'cp -p -- "$1"/* "$2/"' sh "$settings" "$data"; fi; }

# keep_copy: what pg_rewind is about to take back stays beside it, stopped as it was.
keep_copy() {
  if [[ $(param divergent) != yes ]]; then return 0; fi
  if ! own test -d "$kept"; then
    need_room "${data%/*}" "$(own du -sb --apparent-size -- "$data" | cut -f1)" 'what this server wrote on its own'
    own sh -c 'rm -rf -- "$2.part" && cp -a --reflink=auto -- "$1" "$2.part" && mv -T -- "$2.part" "$2"' sh "$data" "$kept"
  fi
}


rewind() {
  local options=(-D "$data" "--source-server=$(conninfo) dbname=postgres") restore
  if has_param config-file && [[ -n $(param config-file) ]]; then options+=("--config-file=$(param config-file)"); fi
  progress 10 100 'pg_rewind'
  restore=$(own postgres -D "$data" -C restore_command 2>/dev/null) || restore=''
  if [[ -n $restore ]]; then options+=(--restore-target-wal); fi
  if ! own pg_rewind "${options[@]}" >"$W/rewind" 2>&1; then
    why="pg_rewind: $(grep -v '^pg_rewind: connected' "$W/rewind" | tail -n 3 | head -c 400 | tr '\n' ' ')"
    return 1
  fi
  if grep -q 'diverged' "$W/rewind"; then noted "$(grep -o 'servers diverged.*' "$W/rewind" | head -n 1)"; fi
}

rebuild() {
  need_room "${data%/*}" "$(param bytes)" 'a copy of the primary'
  own rm -rf -- "$joining"
  progress 20 100 'pg_basebackup'
  if ! own env "PGPASSFILE=$passfile" PGSSLMODE="$(param sslmode)" pg_basebackup -h "$(param primary-host)" -p "$(param primary-port)" -U "$(param user)" -w \
    -D "$joining" -X stream -S "$(param slot)" --checkpoint=fast >"$W/basebackup" 2>&1; then
    refuse BaseBackupFailed "$(hostname): pg_basebackup from $(param primary-host): $(tail -n 3 "$W/basebackup" | head -c 400 | tr '\n' ' ')" \
      'mend what it names (pg_hba.conf, password, slot), then retry this step.'
  fi
  if own test -d "$data"; then
    if own test -d "$kept"; then own rm -rf -- "$data"; else own mv -T -- "$data" "$kept"; fi
  fi
  own mv -T -- "$joining" "$data"
}

# join SECONDS: settings of a standby, a start, and a receiver that streams. What it waited for is in $why.
join() {
  put_settings_back
  own sh -c 'umask 077; file=$1/postgresql.auto.conf; touch "$file" && sed "/^ *\(primary_conninfo\|primary_slot_name\|recovery_target[a-z_]*\) *=/d" "$file" >"$file.new" &&
    printf "%s\n" "$2" "$3" "$4" >>"$file.new" && mv -T -- "$file.new" "$file" && rm -f -- "$1/recovery.signal" "$1/muster-promotion-undone" && : >"$1/standby.signal"' \
    sh "$data" "primary_conninfo = '$(conninfo)'" "primary_slot_name = '$(param slot)'" "recovery_target_timeline = 'latest'"
  progress 80 100 'starting the standby'
  by_plan start
  if wait_for "$1" streams; then return 0; fi
  why="it does not stream within $1 s"
  if ! server_runs "$data"; then why='its server ended again'; fi
  return 1
}

# A receiver says streaming also for the moment before its primary tells it that the log it needs is gone: something must have arrived, or
# the same receiver must have stayed. What arrived is from this start of the server.
streams() {
  local seen
  seen=$(echo "SELECT pid, latest_end_lsn IS NOT NULL FROM pg_stat_wal_receiver WHERE status = 'streaming'" | sql postgres 2>/dev/null) || seen=''
  if [[ $seen == *'|t' ]]; then return 0; fi
  if [[ -n $seen && $seen == "${receiver:-}" ]]; then stayed=$((stayed + 1)); else stayed=0; fi
  receiver=$seen
  ((stayed >= 25))
}

stop_quietly() { if server_runs "$data"; then own pg_ctl -D "$data" -m fast -w stop >/dev/null 2>&1 || true; fi; }

# A copy of what the primary has anyway is not kept.
tell() {
  own rm -rf -- "$settings"
  own rm -rf -- "$before"
  local bin
  bin=$(dirname -- "$(command -v pg_ctl)")
  if own test -d "$diverged"; then result "{\"type\":\"kept\",\"path\":$(json_string "$diverged"),\"bin\":$(json_string "$bin")}"; fi
  result "{\"type\":\"attached\",\"way\":\"$way\"}"
}

main
