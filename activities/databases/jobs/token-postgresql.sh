#!/bin/bash
# What a PostgreSQL database holds, table by table, so that two copies of it can be told apart: rows, a checksum over their content,
# where each sequence stands. And the position of the server's log, for people. Reads only.
# Unlogged tables are left out: their rows may be gone after any crash.
#
# shellcheck disable=SC1090,SC2154
# params: database, port, system-user, parts.sh, checks.sh, postgresql.sh
# results: check (name, value in base64), wal (lsn, timeline)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file postgresql.sh)"

find_tools
reach
exists_database "$database" ||
  refuse DatabaseMissing "$(hostname) has no database $database." 'restore it first.'

# Values as text are the same on both servers only under the same settings.
sql "$database" -F $'\t' >"$W/token" 2>"$W/errors" <<'SQL' ||
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL statement_timeout = 0;
SET LOCAL search_path = pg_catalog;
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL extra_float_digits = 3;
SET LOCAL bytea_output = 'hex';
SELECT format('SELECT %L, count(*) || '' rows, checksum '' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM ONLY %I.%I t',
  format('%I.%I', n.nspname, c.relname), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
\gexec
SELECT format('SELECT %L, ''at '' || last_value || CASE WHEN is_called THEN '''' ELSE '', not used'' END FROM %I.%I',
  format('%I.%I', n.nspname, c.relname), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
\gexec
SELECT 'large objects', count(*)::text FROM pg_largeobject_metadata;
COMMIT;
SQL
  refuse QueryFailed "$(hostname): $database could not be read whole: $(head -c 300 "$W/errors")" 'look at the server.'

while IFS=$'\t' read -r name value; do tell_answer "$name" "$value"; done <"$W/token"
wal=$(sql postgres -F ' ' <<'SQL'
SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END, timeline_id FROM pg_control_checkpoint();
SQL
)
result "{\"type\":\"wal\",\"lsn\":$(json_string "${wal% *}"),\"timeline\":$(json_string "${wal#* }")}"
