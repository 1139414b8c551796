#!/usr/bin/env bash
# One word about a PostgreSQL database: may it be written? Arguments: verb system-user port database [setting].
#   state   prints the database's own default_transaction_read_only: on, off, or nothing
#   close   new transactions only read, and every session is ended
#   open    puts the setting back to what `state` printed
#   probe   creates a table and rolls it back: `accepts`, `refuses`
set -euo pipefail
verb=$1 system_user=$2 port=$3 database=$4 setting=${5:-}

as_user() {
  if [[ $(id -un) == "$system_user" ]]; then "$@";
  elif [[ $(id -u) == 0 ]]; then runuser -u "$system_user" -- "$@";
  else sudo -n -u "$system_user" -- "$@"; fi
}

# sql DATABASE: statements from stdin; the name of the fenced database is the variable `name`.
sql() { (cd / && as_user env PGCONNECT_TIMEOUT=5 psql -XAtq -v ON_ERROR_STOP=1 -v "name=$database" -p "$port" -d "$1"); }

end_sessions="SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name' AND pid <> pg_backend_pid();"

case $verb in
  state)
    sql postgres <<'END'
SELECT split_part(one, '=', 2) FROM pg_db_role_setting, unnest(setconfig) AS one
 WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = :'name') AND one LIKE 'default_transaction_read_only=%';
END
    ;;
  close)
    # A standby reads only already, and cannot be told so.
    if [[ $(echo 'SELECT pg_is_in_recovery()' | sql postgres) == t ]]; then exit 0; fi
    { echo 'ALTER DATABASE :"name" SET default_transaction_read_only = on;' && echo "$end_sessions"; } | sql postgres >/dev/null
    ;;
  open)
    if [[ $(echo 'SELECT pg_is_in_recovery()' | sql postgres) == t ]]; then exit 0; fi
    case $setting in
      on | off) echo "ALTER DATABASE :\"name\" SET default_transaction_read_only = $setting;" ;;
      *) echo 'ALTER DATABASE :"name" RESET default_transaction_read_only;' ;;
    esac | sql postgres
    echo "$end_sessions" | sql postgres >/dev/null
    ;;
  probe)
    errors=$(printf 'BEGIN;\nCREATE TABLE muster_write_probe (nothing int);\nROLLBACK;\n' | sql "$database" 2>&1 >/dev/null) && { echo accepts; exit 0; }
    printf 'refuses %s\n' "$(head -n 1 <<<"$errors" | head -c 300)"
    ;;
esac
