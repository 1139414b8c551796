#!/bin/bash
# Captures a PostgreSQL database: pg_dump in a snapshot in which the plan's checks were read, streamed through zstd and CMS.
# A dump that fails commits nothing: its status is part of the pipeline's.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: database, port, system-user, checks (NUL-separated pairs: name, query), certificate.pem, parts.sh, postgresql.sh
# results: part, archive, check, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"

main() {
  find_tools
  prepare_puts
  reach
  exists_database "$database" ||
    refuse DatabaseMissing "$(hostname) has no database $database." 'correct `database` of this component in the plan.'
  check_client
  open_snapshot
  dump
  close_snapshot
  describe
}

check_client() {
  local client
  client=$(pg_dump --version | awk '{ split($NF, v, "."); for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+(\.|$)/) { split($i, v, "."); break } print v[1] }')
  if ((client < server / 10000)); then
    refuse DumpClientTooOld "$(hostname): pg_dump $client is older than the server ($((server / 10000)))." \
      "install postgresql-client-$((server / 10000)) there; an older client may leave things out."
  fi
}

# One session holds the snapshot open; checks are read in it and pg_dump reads in it too.
open_snapshot() {
  coproc SESSION { sql "$database" 2>"$W/session.errors"; }
  # While pg_dump reads, this session is idle in its transaction, which many servers allow for some minutes only.
  ask 'SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0;' >/dev/null
  started=$(ask "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"');")
  snapshot=$(ask 'SELECT pg_export_snapshot();')
  bytes=$(ask 'SELECT pg_database_size(current_database());')
  entries=$(ask "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast';")
  local name query value
  while IFS= read -r -d '' name && IFS= read -r -d '' query; do
    value=$(ask "${query%;};")
    result "{\"type\":\"check\",\"name\":$(json_string "$name"),\"value\":\"$(printf '%s' "$value" | base64 -w 0)\"}"
  done <"$(param_file checks)"
}

# ask SQL: the answer up to a mark of our own; a session that ended says why.
ask() {
  local mark=muster-$RANDOM$RANDOM line answer='' first=yes
  printf '%s\n\\echo %s\n' "$1" "$mark" >&"${SESSION[1]}"
  while IFS= read -r line <&"${SESSION[0]}"; do
    if [[ $line == "$mark" ]]; then
      printf '%s' "$answer"
      return 0
    fi
    answer+=${first:+$line}${first:-$'\n'$line}
    if [[ -n $first ]]; then answer=$line; first=; fi
  done
  refuse QueryFailed "$(hostname): $database does not answer \`${1:0:200}\`: $(head -c 500 "$W/session.errors")" \
    'correct the query in the plan, or look at the server.'
}

close_snapshot() {
  ask 'COMMIT;' >/dev/null
  printf '\\q\n' >&"${SESSION[1]}"
}

dump() {
  keep_urls "put.$token.0.0.24.0"
  progress 0 "$bytes" "dump of $database"
  if ! (cd / && as_user pg_dump -p "$port" -d "$database" --format=custom --compress=0 --snapshot="$snapshot" 2>"$W/dump.errors") |
    tee >(wc -c >"$W/dumped") | zstd -q -1 -T0 | put_parts 0 1; then
    if [[ -s $W/dump.errors ]]; then
      refuse DumpFailed "$(hostname): pg_dump of $database: $(head -c 500 "$W/dump.errors")" 'mend what it names, then retry this step.'
    fi
    try_again "the dump of $database did not reach the store"
  fi
  # wc may end a moment after the pipeline.
  while [[ ! -s $W/dumped ]]; do sleep 0.05; done
  result "{\"type\":\"archive\",\"archive\":\"0\",\"try\":1,\"entries\":$entries,\"bytes\":$(cat "$W/dumped")}"
  progress "$bytes" "$bytes" "dump of $database"
}

describe() {
  local facts
  facts=$(sql "$database" <<'SQL'
SELECT json_build_object(
  'database', current_database(), 'owner', pg_get_userbyid(d.datdba), 'encoding', pg_encoding_to_char(d.encoding),
  'collate', d.datcollate, 'ctype', d.datctype, 'serverVersion', current_setting('server_version'),
  'size', pg_database_size(d.oid),
  'roles', (SELECT coalesce(json_agg(DISTINCT r.rolname), '[]') FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid
            WHERE s.refclassid = 'pg_authid'::regclass AND s.dbid = d.oid AND r.rolname !~ '^pg_'),
  'extensions', (SELECT coalesce(json_agg(extname), '[]') FROM pg_extension))
FROM pg_database d WHERE datname = current_database()
SQL
)
  result "{\"type\":\"summary\",\"token\":\"$token\",\"hostname\":$(json_string "$(hostname)"),\"takenAt\":\"$started\",\"finishedAt\":\"$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)\",\"database\":$facts}"
}

main
