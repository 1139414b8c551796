#!/bin/bash
# Captures a PostgreSQL database: pg_dump in a snapshot in which the plan's checks were read, streamed through zstd and CMS.
# Archive 0 is a dump of everything but the rows of large tables; those are dumped beside it, several at once, in the same snapshot.
# A dump that fails commits nothing: its status is part of the pipeline's.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: database, port, system-user, jobs, own-bytes (a table of this size is dumped on its own), checks (NUL-separated pairs: name,
#         query), certificate.pem, parts.sh, checks.sh, postgresql.sh, facts.sql
# results: part, archive, tables, check, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file postgresql.sh)"

own_bytes=$(param own-bytes)
# Seconds that a dump waits for somebody who alters a table.
lock_wait=60

main() {
  find_tools
  prepare_puts
  reach
  exists_database "$database" ||
    refuse DatabaseMissing "$(hostname) has no database $database." 'correct `database` of this component in the plan.'
  check_client
  choose_tables
  open_snapshot
  dump
  ask 'COMMIT;' >/dev/null
  close_session
  describe
}

# Lines `archive bytes table...`, tab-separated; names are quoted where SQL and pg_dump want that. Tables of extensions stay in archive 0:
# only pg_dump knows which of their rows belong to a dump.
choose_tables() {
  sql "$database" -F $'\t' -v "least=$((own_bytes / 8))" >"$W/large" <<'SQL'
SELECT pg_table_size(c.oid), format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND n.nspname || c.relname !~ '[[:cntrl:]]' AND pg_table_size(c.oid) >= :'least'::bigint
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1 DESC LIMIT 900
SQL
  awk -F '\t' -v own="$own_bytes" '
    $1 >= own || n == 0 || sum + $1 > own { n++; sum = 0 }
    { sum += $1; bytes[n] += $1; names[n] = names[n] "\t" $2 }
    END { for (i = 1; i <= n; i++) printf "%d\t%d%s\n", i, bytes[i], names[i] }' "$W/large" >"$W/archives"
  # One archive of rows leaves nothing to do side by side: it stays one dump.
  if (($(wc -l <"$W/archives") < 2)); then truncate -s 0 "$W/archives" "$W/large"; fi
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
  open_session "$database"
  # While pg_dump reads, this session is idle in its transaction, which many servers allow for some minutes only.
  ask 'SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0;' >/dev/null
  ask 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;' >/dev/null
  if [[ -s $W/large ]]; then
    # Nobody empties, drops or alters what the dumps beside the first will read later.
    ask "SET LOCAL lock_timeout = '${lock_wait}s'; LOCK TABLE $(cut -f 2 "$W/large" | sed 's/^/ONLY /' | paste -sd ,) IN ACCESS SHARE MODE; SET LOCAL lock_timeout = 0;" >/dev/null
  fi
  started=$(ask "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"');")
  snapshot=$(ask 'SELECT pg_export_snapshot();')
  bytes=$(ask 'SELECT pg_database_size(current_database());')
  entries=$(ask "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast';")
  answer_checks ask_in_session
}

dump() {
  keep_urls "put.$token.0.0.24.0"
  local lines
  lines=$(wc -l <"$W/archives")
  : >"$W/done"
  progress 0 "$bytes" "dump of $database"
  if ((lines == 0)); then
    threads=0 dump_archive 0
  else
    ask_puts 1 "$lines"
    # The first dump reads everything that is small: it begins first, the largest tables next.
    { echo 0; cat "$W/archives"; } | threads=1 in_parallel "$(most_jobs)" dump_archive
  fi
  progress "$bytes" "$bytes" "dump of $database"
}

most_jobs() {
  local jobs
  jobs=$(param jobs)
  if ((jobs > $(cores))); then cores; else echo "$jobs"; fi
}

# dump_archive LINE of choose_tables, or 0.
dump_archive() {
  local fields number names name only=() dumped rows=$entries
  IFS=$'\t' read -r -a fields <<<"$1"
  number=${fields[0]} names=("${fields[@]:2}")
  if ((number == 0)); then
    while IFS=$'\t' read -r _ name; do only+=("--exclude-table-data=$name"); done <"$W/large"
  else
    for name in "${names[@]}"; do only+=("--table=$name"); done
    only+=(--data-only --strict-names)
  fi
  if ! (cd / && as_user pg_dump -p "$port" -d "$database" --format=custom --compress=0 --snapshot="$snapshot" \
    --lock-wait-timeout="${lock_wait}s" "${only[@]}" 2>"$W/errors.$number") |
    tee >(wc -c >"$W/dumped.$number") | zstd -q -1 "-T$threads" | put_parts "$number" 1; then
    if grep -q '[^[:space:]]' "$W/errors.$number"; then
      refuse DumpFailed "$(hostname): pg_dump of $database: $(head -c 500 "$W/errors.$number")" 'mend what it names, then retry this step.'
    fi
    try_again "the dump of $database did not reach the store"
  fi
  # wc may end a moment after the pipeline.
  while [[ ! -s $W/dumped.$number ]]; do sleep 0.05; done
  dumped=$(cat "$W/dumped.$number")
  if ((number > 0)); then
    rows=${#names[@]}
    result "{\"type\":\"tables\",\"archive\":$number,\"names\":[$(for name in "${names[@]}"; do json_string "$name"; echo; done | paste -sd ,)]}"
  fi
  result "{\"type\":\"archive\",\"archive\":\"$number\",\"try\":1,\"entries\":$rows,\"bytes\":$dumped}"
  echo "$dumped" >>"$W/done"
  progress "$(awk '{ n += $1 } END { printf "%.0f", n }' "$W/done")" "$bytes" "dump of $database"
}

describe() {
  local facts
  facts=$(sql "$database" <"$(param_file facts.sql)")
  tell_captured "$started" ",\"database\":$facts"
}

main
