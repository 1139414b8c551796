#!/bin/bash
# Promotes a standby: it ends its recovery on a timeline of its own, and is shown to take writes. The slot by which the other side will
# follow it is made at once, so that the log is kept from here on. Run twice it does nothing the second time: what it promotes it notes first.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: component, slot, start, open (yes: it is restored over, so a server that takes writes already is as good, and a stopped one is started), data-directory, database, port, system-user, parts.sh, postgresql.sh, postgresql-server.sh
# results: promoted, noted

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"

main() {
  find_own_server
  if [[ $(param open no) == yes ]]; then start_stopped; fi
  reach
  run=${MUSTER_JOB#*/jobs/}
  mark=${MUSTER_JOB%/jobs/*}/replicas/$(param component).${run%%/*}
  already=false
  if in_recovery t; then promote; elif [[ -e $mark || $(param open no) == yes ]]; then already=true; else
    refuse NotAStandby "$(hostname): the server on $data takes writes already, and this run did not promote it." \
      'look at who made it a primary before anything is pointed at it.'
  fi
  wait_for 60 in_recovery f || refuse PromotionFailed "$(hostname): the recovery did not end within 60 s." "look at the server's own log."
  make_slot "$(param slot)"
  prove_writable
  tell
}

# A replica that was set aside so that the recovery point is restored is stopped.
start_stopped() {
  if server_runs "$data"; then return 0; fi
  by_plan start
  wait_for 120 answers || refuse ServerNotOpen "$(hostname): the server does not answer after \`$(param start)\`." 'its own log says why.'
}

answers() { in_recovery t || in_recovery f; }

promote() {
  mkdir -p -- "${mark%/*}"
  date -u +%Y-%m-%dT%H:%M:%SZ >"$mark"
  local ended
  ended=$(echo 'SELECT pg_promote(true, 60)' | sql postgres 2>"$W/errors") || true
  if [[ $ended != t ]] && ! in_recovery f; then
    refuse PromotionFailed "$(hostname): pg_promote did not end the recovery: $(head -c 300 "$W/errors")" "look at the server's own log."
  fi
}

# A table of its own comes and goes in one transaction, which must be committed. Where commits wait for a standby that is gone they would
# wait for ever, the service's as well. A fence on what is restored over is lifted after this step: this session alone is let past it.
prove_writable() {
  local waits
  waits=$(echo 'SHOW synchronous_standby_names' | sql postgres)
  if [[ -n $waits ]]; then
    result "{\"type\":\"noted\",\"what\":$(json_string "commits wait for the standbys $waits (synchronous_standby_names)")}"
  fi
  {
    if [[ $(param open no) == yes ]]; then echo 'SET default_transaction_read_only = off;'; fi
    echo 'SET synchronous_commit = local; SET lock_timeout = 5000; BEGIN;'
    echo 'CREATE SCHEMA muster_write_test; CREATE TABLE muster_write_test.written AS SELECT 1 AS one; DROP SCHEMA muster_write_test CASCADE; COMMIT;'
  } | sql "$database" >/dev/null 2>"$W/errors" ||
    refuse NotWritable "$(hostname): $database takes no writes after its promotion: $(head -c 300 "$W/errors")" 'look at its settings (default_transaction_read_only) and room.'
}

tell() {
  printf '%s' "SELECT json_build_object('type', 'promoted', 'already', $already, 'timeline', tli,
      'forkLsn', split_part(split_part(history, E'\n', -2), E'\t', 2),
      'replayedLsn', pg_last_wal_replay_lsn(), 'replayedAt', pg_last_xact_replay_timestamp())
    FROM (SELECT ('x' || substr(name, 1, 8))::bit(32)::int AS tli, pg_read_file('pg_wal/' || substr(name, 1, 8) || '.history', 0, 1000000, true) AS history
      FROM pg_walfile_name(pg_current_wal_lsn()) AS name) AS now" | sql postgres >"$W/promoted"
  result "$(cat -- "$W/promoted")"
}

main
