#!/bin/bash
# Takes a backup with pgBackRest into its own repository. Refused where the server does not archive its log there: a backup without the log
# that follows it would be restorable to one moment only.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: point, kind (full or incr), verify (full, always or never), repository (for people), component, stanza, data-directory, database,
#         port, system-user, parts.sh, postgresql.sh, postgresql-server.sh, pgbackrest.sh
# secrets: config (pgBackRest's configuration)
# results: info (all backups of the stanza), summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"
. "$(param_file pgbackrest.sh)"

main() {
  local point
  point=$(param point)
  find_pgbackrest
  reach
  need_archiving
  make_config
  if ! br stanza-create; then
    refuse RepositoryUnreachable "$(hostname): pgBackRest cannot prepare its repository: $(br_said | head -c 700)" \
      'check `repository` and `cipherPass` of this component, its key, and that the host reaches the store.'
  fi
  progress 0 100 'asking whether the log arrives in the repository'
  if ! br check; then
    refuse ArchivingBroken "$(hostname): what the server archives does not arrive in the repository: $(br_said | head -c 700)" \
      'muster archiving SERVICE prints what the server needs; its own log says what archive_command complains of.'
  fi
  ask_info
  if ! grep -q "$(annotation)" "$W/info"; then
    progress 10 100 "pgbackrest backup --type=$(param kind)"
    if ! br backup --type="$(param kind)" --annotation="muster=$point"; then
      refuse BackupFailed "$(hostname): pgbackrest backup: $(br_said | head -c 700)" 'mend what it names, then retry this step.'
    fi
    ask_info
  fi
  verify_repository
  describe
}

annotation() { printf '"annotation":{"muster":"%s"}' "$point"; }

need_archiving() {
  local mode command
  mode=$(echo 'SHOW archive_mode' | sql postgres)
  command=$(echo 'SHOW archive_command' | sql postgres)
  if [[ $(echo 'SELECT pg_is_in_recovery()' | sql postgres) == t ]]; then
    refuse NotPrimary "$(hostname): the server on port $port is a standby." 'back up the primary of this cluster.'
  fi
  if [[ $mode == off || $command != *pgbackrest*archive-push* || $command != *"--stanza=$stanza"* ]]; then
    refuse ArchivingOff "$(hostname): the server does not archive its log with pgBackRest (archive_mode $mode, archive_command ${command:-not set})." \
      'muster archiving SERVICE prints what the server needs; archive_mode takes a restart.'
  fi
}

verify_repository() {
  case $(param verify)/$(param kind) in never/* | full/incr) return 0 ;; esac
  progress 90 100 'pgbackrest verify'
  if ! br verify --output=text --verbose || ! grep -q 'status: ok' "$W/br"; then
    refuse BackupDamaged "$(hostname): pgbackrest verify: $(br_said | head -c 700)" 'take a full backup again; look at the store that lost or changed these.'
  fi
}

describe() {
  local mine stop
  mine=$(grep -o "$(annotation).*" "$W/info")
  stop=$(grep -oE '"timestamp":\{"start":[0-9]+,"stop":[0-9]+' <<<"$mine" | sed -n 1p)
  result "{\"type\":\"info\",\"point\":\"$point\",\"repository\":$(json_string "$(param repository)"),\"version\":$(json_string "$(pgbackrest version)"),\"info\":$(cat "$W/info")}"
  tell_captured "$(date -u -d "@${stop##*:}" +%Y-%m-%dT%H:%M:%S.000Z)"
}

main
