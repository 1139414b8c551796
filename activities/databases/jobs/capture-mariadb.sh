#!/bin/bash
# Captures a MariaDB database: mariadb-dump in one snapshot, in which the plan's checks are answered too. Both begin under
# a short global read lock, so that position, checks and dump are of one moment. A dump that fails commits nothing.
#
# Archive 0: tables, views and routines, loadable under any name. Archive 1: triggers and events, whose text may name the database,
# so that they are only ever loaded under its own name.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: database, socket, system-user, binlogs (yes where they are shipped), checks (NUL-separated pairs: name, query),
#         certificate.pem, parts.sh, checks.sh, mariadb.sh
# secrets: client.cnf (optional)
# results: part, archive, warning, check, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file mariadb.sh)"

# Seconds: a lock that is not granted holds everybody up who comes after it.
lock_patience=10

main() {
  find_tools
  prepare_puts
  reach
  exists_database "$database" ||
    refuse DatabaseMissing "$(hostname) has no database $database." 'correct `database` of this component in the plan.'
  check_client
  check_binlogs
  check_engines
  keep_urls "put.$token.0.0.24.0"
  open_session --unbuffered
  hold_writes
  dump_tables &
  dumping=$!
  await_snapshot
  ask 'UNLOCK TABLES;' >/dev/null
  answer_checks ask_in_session
  finish_dump
  ask 'COMMIT;' >/dev/null
  close_session
  dump_code
  describe
}

check_client() {
  local version
  version=$(mariadb-dump --version)
  version=${version##*istrib }
  if older "${version##*Ver }" "$server"; then
    refuse DumpClientTooOld "$(hostname): mariadb-dump is of ${version%%,*}, older than the server ($server)." \
      'install the client of the same version there; an older client may leave things out.'
  fi
}

check_binlogs() {
  log_bin=$(echo 'SELECT @@log_bin' | sql)
  [[ $(param binlogs) == yes ]] || return 0
  local format
  format=$(echo 'SELECT @@binlog_format' | sql)
  if [[ $log_bin != 1 || $format != ROW ]]; then
    refuse BinlogsOff "$(hostname): the server has log_bin=$log_bin and binlog_format=$format, and \`binlogs: true\` needs 1 and ROW." \
      'set log_bin and binlog_format=ROW in its configuration and restart it, or take `binlogs` out of the plan.'
  fi
}

# What has no transactions is not part of the snapshot: without binlogs it is said as torn, with them a replay could not be right.
check_engines() {
  local table engine
  while IFS=$'\t' read -r table engine; do
    if [[ $(param binlogs) == yes ]]; then
      refuse NotTransactional "$(hostname): table $database.$table is $engine, which has no snapshots." \
        "ALTER TABLE \`$database\`.\`$table\` ENGINE=InnoDB, or take \`binlogs\` out of the plan."
    fi
    result "{\"type\":\"warning\",\"kind\":\"torn\",\"path\":\"$(printf '%s' "table $database.$table ($engine has no snapshots)" | base64 -w 0)\"}"
  done < <(echo "SELECT t.table_name, t.engine FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine
    WHERE t.table_schema = $(quoted "$database") AND t.table_type <> 'VIEW' AND coalesce(e.transactions, 'NO') <> 'YES';" | sql)
}

# Nobody writes while position and snapshot are taken, and the dump begins its own.
hold_writes() {
  ask "SET SESSION lock_wait_timeout = $lock_patience; SET SESSION wait_timeout = 86400; SET SESSION time_zone = '+00:00';" >/dev/null
  ask 'FLUSH TABLES WITH READ LOCK;' >/dev/null
  ask "USE \`$database\`; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;" >/dev/null
  started=$(ask "SELECT CONCAT(REPLACE(LEFT(UTC_TIMESTAMP(3), 23), ' ', 'T'), 'Z');")
  bytes=$(ask "SELECT CAST(coalesce(sum(data_length + index_length), 0) AS INTEGER) FROM information_schema.tables WHERE table_schema = DATABASE();")
  entries=$(ask 'SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE();')
  binlog=null
  if [[ $log_bin == 1 ]]; then
    IFS=$'\t' read -r log_file log_position _ <<<"$(ask 'SHOW MASTER STATUS;')"
    gtid=$(ask 'SELECT @@gtid_binlog_pos;')
    binlog="{\"file\":$(json_string "$log_file"),\"position\":$log_position,\"gtid\":$(json_string "$gtid")}"
  fi
}

dump_tables() {
  local position=()
  [[ $log_bin != 1 ]] || position=(--master-data=2)
  dump --single-transaction --quick --routines --skip-triggers --hex-blob "${position[@]}" "$database" 2>"$W/dump.errors" |
    { dd bs=1 count=1 status=none && : >"$W/begun" && cat; } |
    tee >(head -c 8192 >"$W/head"; : >"$W/head.whole"; cat >/dev/null) >(wc -c >"$W/dumped") | zstd -q -1 -T0 | put_parts 0 1
}

# Its first bytes leave mariadb-dump's buffer after it has begun its transaction.
await_snapshot() {
  local waited=0
  while [[ ! -e $W/begun ]] && kill -0 "$dumping" 2>/dev/null; do
    ((waited++ < lock_patience * 50)) || try_again "the dump of $database did not begin within $lock_patience s"
    sleep 0.02
  done
}

finish_dump() {
  progress 0 "$bytes" "dump of $database"
  if ! wait "$dumping"; then
    # Somebody changed a table's definition in the middle, which no snapshot holds off.
    if grep -q 'Table definition has changed' "$W/dump.errors"; then try_again "the dump of $database: $(head -c 300 "$W/dump.errors")"; fi
    if [[ -s $W/dump.errors ]]; then
      refuse DumpFailed "$(hostname): the dump of $database: $(head -c 500 "$W/dump.errors")" 'mend what it names, then retry this step.'
    fi
    try_again "the dump of $database did not reach the store"
  fi
  while [[ ! -s $W/dumped || ! -e $W/head.whole ]]; do sleep 0.05; done
  if [[ $log_bin == 1 ]] && ! grep -q "MASTER_LOG_FILE='$log_file', MASTER_LOG_POS=$log_position;" "$W/head"; then
    try_again "the dump of $database is not of the position at which the checks were answered"
  fi
  result "{\"type\":\"archive\",\"archive\":\"0\",\"try\":1,\"entries\":$entries,\"bytes\":$(cat "$W/dumped")}"
  progress "$bytes" "$bytes" "dump of $database"
}

dump_code() {
  if ! code "$database" 2>"$W/dump.errors" | tee "$W/code" | zstd -q -1 | put_parts 1 1; then
    refuse DumpFailed "$(hostname): the dump of triggers and events of $database: $(head -c 500 "$W/dump.errors")" 'mend what it names, then retry this step.'
  fi
  result "{\"type\":\"archive\",\"archive\":\"1\",\"try\":1,\"entries\":0,\"bytes\":$(stat -c %s "$W/code")}"
}

# Accounts that may something here, or in whose name code runs, with what they may here. Never a password.
accounts() {
  local name role line more=''
  while IFS=$'\t' read -r name role; do
    printf '%s{"name":%s,"role":%s,"grants":[' "$more" "$(json_string "$name")" "$([[ $role == Y ]] && echo true || echo false)"
    more=''
    while IFS= read -r line; do
      [[ $line == *" ON \`$database\`."* || $line == *" ON \`${database//_/\\_}\`."* ]] || continue
      printf '%s%s' "$more" "$(json_string "$line")"
      more=,
    done < <(echo "SHOW GRANTS FOR $name" | sql 2>/dev/null)
    printf ']}'
    more=,
  done < <(echo "SELECT DISTINCT IF(u.host = '', CONCAT('\`', u.user, '\`'), CONCAT('\`', u.user, '\`@\`', u.host, '\`')), u.is_role FROM mysql.user u JOIN (
      SELECT user, host FROM mysql.db WHERE $(quoted "$database") LIKE db UNION SELECT user, host FROM mysql.tables_priv WHERE db = $(quoted "$database")
      UNION SELECT user, host FROM mysql.procs_priv WHERE db = $(quoted "$database")
      UNION SELECT SUBSTRING_INDEX(d, '@', 1), SUBSTRING_INDEX(d, '@', -1) FROM (
        SELECT definer d FROM information_schema.views WHERE table_schema = $(quoted "$database") UNION SELECT definer FROM information_schema.routines WHERE routine_schema = $(quoted "$database")
        UNION SELECT definer FROM information_schema.triggers WHERE trigger_schema = $(quoted "$database") UNION SELECT definer FROM information_schema.events WHERE event_schema = $(quoted "$database")) x
    ) p ON p.user = u.user AND p.host = u.host WHERE u.user NOT IN ('root', 'mysql', 'mariadb.sys', '');" | sql)
}

describe() {
  local facts
  facts=$(echo "SELECT JSON_OBJECT('database', schema_name, 'charset', default_character_set_name, 'collation', default_collation_name,
    'serverVersion', VERSION(), 'size', $bytes) FROM information_schema.schemata WHERE schema_name = $(quoted "$database")" | sql)
  tell_captured "$started" ",\"database\":${facts%\}},\"binlog\":$binlog,\"accounts\":[$(accounts)]}"
}

main
