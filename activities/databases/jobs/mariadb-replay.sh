# Coming back to a moment: a scratch server of this host's own loads the dump under the database's own name, replays the binlogs up to
# the moment, and gives what it has then to the present server. A statement in a log that names the database outright can so never
# reach the present one. Sourced after mariadb-switch.sh.
#
# params: until (UTC, whole seconds, `2026-01-02 03:15:00`; everything before it), source (name of the database in dump and logs),
#         log-position, logs (lines: archive, file name, bytes)
# shellcheck disable=SC2034,SC2154,SC2317

replay() {
  source=$(param source)
  until=$(param until)
  need_tools mariadbd mariadb-install-db mariadb-binlog
  need_room "$W" "$(($(param size) * 2 + $(awk '{ sum += $3 } END { print sum + 0 }' "$(param_file logs)")))" 'a scratch server with the logs'
  fetch_logs
  refuse_outsiders
  start_scratch
  echo "CREATE DATABASE \`$source\` CHARACTER SET $(param charset) COLLATE $(param collation)" | scratch sql
  load_dump "$source" 'scratch sql'
  open_archive 1 | inflate | scratch sql "$source"
  scratch run_checks "$source"
  apply_logs
  scratch dump --single-transaction --quick --routines --skip-triggers --hex-blob "$source" | sql "$fresh"
  [[ -n $into ]] || { scratch code "$source" >"$mark.code.sql.new" && mv -T -- "$mark.code.sql.new" "$mark.code.sql"; }
  stop_scratch
}

fetch_logs() {
  local archive file
  logs=()
  mkdir -p -- "$W/logs"
  while read -r archive file _; do
    progress "${#logs[@]}" "$(wc -l <"$(param_file logs)")" "fetching $file"
    open_archive "$archive" | inflate >"$W/logs/$file"
    logs+=("$W/logs/$file")
  done <"$(param_file logs)"
}

events() { TZ=UTC mariadb-binlog --no-defaults --start-position="$(param log-position)" --stop-datetime="$until" "$@" "${logs[@]}"; }

# Statements are chosen by the database a session was in. One that changed ours out of another would be left out, and the result
# would look whole and be wrong. Rows are chosen by their table, so they are not meant.
refuse_outsiders() {
  local found
  # An event that is left out has its position printed all the same, but no head. Positions of each file count from its beginning.
  events --base64-output=decode-rows --database="$source" |
    awk '/^# at / { if ($3 < at) file++; at = $3 } /^#[0-9]+ / && /\tQuery/ { print file + 0 ":" at }' >"$W/chosen"
  found=$(events --base64-output=decode-rows | awk -v chosen="$W/chosen" -v db="$source" '
    BEGIN { while ((getline at < chosen) > 0) is[at] = 1; names = "(^|[^A-Za-z0-9_$])`?" db "`?[ ]*[.]" }
    /^# at / { if ($3 < pos) file++; pos = $3; at = file + 0 ":" pos; next }
    /^#[0-9]+ / { time = $1 " " $2; next }
    /^(#|SET |\/\*!|BEGIN|COMMIT|ROLLBACK|DELIMITER|use )/ || tolower($0) ~ /^(grant|revoke|create user|alter user|analyze|optimize|check|flush)/ { next }
    found == "" && !(at in is) && $0 ~ names { found = substr(time, 2) ": " substr($0, 1, 160) }
    END { print found }')
  if [[ -n $found ]]; then
    refuse LogUnsure "$(hostname): the log has a statement on $source from a session in another database, which a replay would leave out: $found" \
      'choose a moment before it, or a recovery point after it.'
  fi
}

start_scratch() {
  local waited=0
  scratch_folder=$W/scratch
  rm -rf -- "$scratch_folder"
  mkdir -m 700 -- "$scratch_folder" "$scratch_folder/tmp"
  # A server removes at its start the temporary tables that lie where it puts its own: those of the server that is running here, too.
  local own=(--no-defaults --user="$(id -un)" --datadir="$scratch_folder/data" --tmpdir="$scratch_folder/tmp")
  mariadb-install-db "${own[@]}" --auth-root-authentication-method=normal --skip-test-db \
    >"$W/install.log" 2>&1 || refuse RestoreFailed "$(hostname): a scratch server could not be made: $(tail -c 300 "$W/install.log")" 'mend what it names.'
  # Its socket's path must be short.
  scratch_socket=$(mktemp -d /tmp/muster-XXXXXX)
  mariadbd "${own[@]}" --socket="$scratch_socket/s" --skip-networking --skip-log-bin \
    --event-scheduler=OFF --log-bin-trust-function-creators=1 --max-allowed-packet=1G --innodb-flush-log-at-trx-commit=0 \
    --pid-file="$scratch_folder/pid" --log-error="$scratch_folder/log" >/dev/null 2>&1 &
  scratch_pid=$!
  trap stop_scratch EXIT
  until mariadb-admin --no-defaults -S "$scratch_socket/s" -u root ping >/dev/null 2>&1; do
    if ! kill -0 "$scratch_pid" 2>/dev/null || ((waited++ > 600)); then
      refuse RestoreFailed "$(hostname): the scratch server did not start: $(tail -n 5 "$scratch_folder/log")" 'mend what it names, then retry this step.'
    fi
    sleep 0.1
  done
}

# scratch FUNCTION...: the same functions, against the scratch server.
scratch() (
  my=(--no-defaults -S "$scratch_socket/s" -u root)
  as_user() { "$@"; }
  "$@"
)

# The end mark comes back only when everything before it was done: the client stops at the first error.
apply_logs() {
  local end
  progress 0 1 'replaying the log'
  if ! end=$({ events --database="$source" && echo "DELIMITER ;" && echo "SELECT 'muster-end';"; } 2>"$W/binlog.errors" | scratch sql 2>"$W/replay.errors" | tail -n 1) || [[ $end != muster-end ]]; then
    refuse ReplayFailed "$(hostname): the log of $source could not be replayed up to $until: $(head -c 400 "$W/binlog.errors") $(head -c 400 "$W/replay.errors")" \
      'choose another moment or recovery point; the database that was there before was not touched.'
  fi
  result "{\"type\":\"reached\",\"until\":$(json_string "${until/ /T}Z"),\"last\":$(json_string "$(last_change)")}"
}

# Time of the newest event on the database that was replayed, for people.
last_change() {
  events --base64-output=decode-rows --database="$source" |
    awk '/^#[0-9]+ +[0-9:]+ server id [0-9]+ +end_log_pos/ && /\t(Query|Xid|Write_rows|Update_rows|Delete_rows)/ { at = $1 " " $2 }
      END { if (at != "") printf "20%s-%s-%sT%sZ", substr(at, 2, 2), substr(at, 4, 2), substr(at, 6, 2), substr(at, 9) }'
}

stop_scratch() {
  trap - EXIT
  kill -KILL "$scratch_pid" 2>/dev/null || true
  wait "$scratch_pid" 2>/dev/null || true
  rm -rf -- "$scratch_folder" "$scratch_socket" "$W/logs"
}
