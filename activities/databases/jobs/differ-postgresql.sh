#!/bin/bash
# Counts, table by table, the rows that a database kept from before has and the present one has not. Reads only.
#
# shellcheck disable=SC1090,SC2154
# params: database, port, system-user, kept (name of the other database), parts.sh, checks.sh, postgresql.sh
# results: differs (what, count, unit)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file postgresql.sh)"

# rows_of DATABASE: `table checksum` of every row, sorted. Values as text are the same in both under the same settings.
rows_of() {
  sql "$1" -F $'\t' 2>"$W/errors" <<'SQL' | LC_ALL=C sort ||
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL statement_timeout = 0;
SET LOCAL search_path = pg_catalog;
SET LOCAL TimeZone = 'UTC';
SET LOCAL extra_float_digits = 3;
SELECT format('SELECT %L, hashtextextended(t::text, 0) FROM ONLY %I.%I t', format('%I.%I', n.nspname, c.relname), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
\gexec
COMMIT;
SQL
    refuse QueryFailed "$(hostname): $1 could not be read whole: $(head -c 300 "$W/errors")" 'look at the server.'
}

find_tools
reach
kept=$(param kept)
exists_database "$kept" || refuse DatabaseMissing "$(hostname) has no database $kept." 'look at what the restore kept.'
rows_of "$kept" >"$W/kept"
rows_of "$database" >"$W/present"
LC_ALL=C comm -23 "$W/kept" "$W/present" | cut -f 1 | uniq -c >"$W/differs"
while read -r count what; do
  result "{\"type\":\"differs\",\"what\":$(json_string "$what"),\"count\":$count,\"unit\":\"rows\"}"
done <"$W/differs"
