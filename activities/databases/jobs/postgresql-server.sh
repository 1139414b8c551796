# Shared by the scripts that stop, start or replace a whole PostgreSQL server. Sourced after postgresql.sh.
# Hints name keys of the plan in backticks; what is set here is read by the scripts that source it.
# shellcheck disable=SC2016,SC2034,SC2154

data=$(param data-directory)

# find_server MAJOR: its own programs, where several versions lie side by side.
find_server() {
  local own=/usr/lib/postgresql/$1/bin
  [[ -x $own/pg_ctl ]] || own=/usr/pgsql-$1/bin
  if [[ -x $own/pg_ctl ]]; then PATH=$own:$PATH; fi
  if ! command -v pg_ctl >/dev/null || [[ $(pg_ctl --version | grep -oE '[0-9]+' | head -n 1) != "$1" ]]; then
    refuse ServerDiffers "$(hostname) has no programs of PostgreSQL $1, which the data are of." "install postgresql-$1 there."
  fi
}

# server_runs FOLDER: a server runs on this data.
server_runs() { (cd / && as_user test -e "$1/PG_VERSION" && as_user pg_ctl -D "$1" status) >/dev/null 2>&1; }

# The plan's command; what it says is shown when it fails.
by_plan() {
  local what=$1
  if ! bash -c "$(param "$what")" >"$W/by-plan" 2>&1 </dev/null; then
    refuse ServerCommandFailed "$(hostname): \`$(param "$what")\` failed: $(tail -c 500 "$W/by-plan")" "correct \`$what\` of this component, or look at the server."
  fi
}

stop_server() {
  server_runs "$data" || return 0
  by_plan stop
  local try
  for try in {1..600}; do
    server_runs "$data" || return 0
    sleep 0.1
  done
  refuse ServerCommandFailed "$(hostname): the server on $data still runs after \`$(param stop)\`." 'correct `stop` of this component.'
}

# find_own_server: that of the data directory that is there.
find_own_server() {
  find_tools
  local version
  version=$(cd / && as_user cat -- "$data/PG_VERSION" 2>/dev/null) ||
    refuse PathMissing "$(hostname) has no PostgreSQL in $data." 'correct `dataDirectory` in `standby` of this component.'
  find_server "${version%%.*}"
}

# wait_for SECONDS COMMAND...: until it succeeds; fails when the time has passed.
wait_for() {
  local looks=$(($1 * 5))
  shift
  while ((looks-- > 0)); do
    if "$@"; then return 0; fi
    sleep 0.2
  done
  return 1
}

in_recovery() { [[ $(echo 'SELECT pg_is_in_recovery()' | sql postgres 2>/dev/null) == "$1" ]]; }

# make_slot NAME: a physical slot that keeps the log from now on.
make_slot() {
  echo "SELECT pg_create_physical_replication_slot(:'slot', true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = :'slot')" |
    sql postgres -v "slot=$1" >/dev/null
}
