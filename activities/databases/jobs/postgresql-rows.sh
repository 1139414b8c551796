# Shared by the scripts that count rows: every row of a database as a line, so that two of them can be compared. Sourced after postgresql.sh.
# shellcheck disable=SC2154

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

# tell_differing FILE FILE: of each table, how many rows only the first has.
tell_differing() {
  local count what
  LC_ALL=C comm -23 "$1" "$2" | cut -f 1 | uniq -c >"$W/differs"
  while read -r count what; do
    result "{\"type\":\"differs\",\"what\":$(json_string "$what"),\"count\":$count,\"unit\":\"rows\"}"
  done <"$W/differs"
}

# rows_note RUN: where a run notes the rows of this server, beside its data directory. Nothing: how all such names begin.
rows_note() { printf '%s/.muster-%s.rows-%s' "${data%/*}" "$(param slot)" "$1"; }
