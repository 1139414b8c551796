#!/usr/bin/env bash
# One word about a PostgreSQL server: may it be written? Arguments: verb system-user port database [setting].
#   state   prints default_transaction_read_only as ALTER SYSTEM set it: on, off, or nothing
#   close   new transactions only read, and every session of the database is ended
#   open    puts the setting back to what `state` printed
#   look    `closed` while new sessions only read by the server's setting, else `open`
#   lift    undoes `close` whoever did it: `opened`, or `open already`; fails where another setting keeps it closed
#   probe   creates a table and rolls it back: `accepts`, `refuses`; fails where neither was shown
# The setting is the server's and not the database's: that one would go along to a standby that streams, and into a dump.
set -euo pipefail
verb=$1 system_user=$2 port=$3 database=$4 setting=${5:-}

as_user() {
  if [[ $(id -un) == "$system_user" ]]; then "$@";
  elif [[ $(id -u) == 0 ]]; then runuser -u "$system_user" -- "$@";
  else sudo -n -u "$system_user" -- "$@"; fi
}

# sql DATABASE: statements from stdin; the name of the fenced database is the variable `name`.
sql() { (cd / && as_user env PGCONNECT_TIMEOUT=5 psql -XAtq -v ON_ERROR_STOP=1 -v "name=$database" -p "$port" -d "$@"); }

end_sessions="SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name' AND pid <> pg_backend_pid();"

read_only() { echo 'SHOW default_transaction_read_only' | sql postgres; }

# A reload is told to the server's processes one after another; sessions that begin now must have it.
reloaded() {
  echo 'SELECT pg_reload_conf()' | sql postgres >/dev/null
  local end=$((SECONDS + 6))
  while ((SECONDS < end)); do
    if [[ -z $1 || $(read_only) == "$1" ]]; then return 0; fi
    sleep 0.1
  done
  echo "default_transaction_read_only is still $(read_only) after a reload" >&2
  exit 1
}

case $verb in
  state)
    sql postgres <<'END'
SELECT setting FROM pg_file_settings WHERE name = 'default_transaction_read_only' AND sourcefile LIKE '%postgresql.auto.conf';
END
    ;;
  close)
    # A standby reads only already.
    if [[ $(echo 'SELECT pg_is_in_recovery()' | sql postgres) == t ]]; then exit 0; fi
    echo 'ALTER SYSTEM SET default_transaction_read_only = on' | sql postgres
    reloaded on
    echo "$end_sessions" | sql postgres >/dev/null
    ;;
  open)
    case $setting in
      on | off) echo "ALTER SYSTEM SET default_transaction_read_only = $setting" ;;
      *) echo 'ALTER SYSTEM RESET default_transaction_read_only' ;;
    esac | sql postgres
    reloaded "$setting"
    echo "$end_sessions" | sql postgres >/dev/null
    ;;
  look)
    # A server that could not be asked is not open.
    answer=$(read_only)
    if [[ $answer == on ]]; then echo closed; else echo open; fi
    ;;
  lift)
    if [[ $(read_only) == off ]]; then echo 'open already'; exit 0; fi
    echo 'ALTER SYSTEM RESET default_transaction_read_only' | sql postgres
    reloaded off
    echo opened
    ;;
  probe)
    # No server at its socket takes no writes. One that starts, or has no connection left for us, says nothing of others.
    ready=0
    (cd / && as_user env pg_isready -q -t 5 -p "$port") || ready=$?
    case $ready in
      0) ;;
      2) echo "refuses no server answers on port $port"; exit 0 ;;
      *) echo "pg_isready ended with $ready" >&2; exit 1 ;;
    esac
    errors=$(printf 'BEGIN;\nCREATE TABLE muster_write_probe (nothing int);\nROLLBACK;\n' | sql "$database" -v VERBOSITY=sqlstate 2>&1 >/dev/null) && { echo accepts; exit 0; }
    # read_only_sql_transaction; a standby says the same.
    if grep -q 25006 <<<"$errors"; then echo 'refuses it takes reads only'; exit 0; fi
    head -n 3 <<<"$errors" >&2
    exit 1
    ;;
esac
