# Shared by the PostgreSQL scripts: reaching the server by peer authentication, and its tools. Sourced after parts.sh.
# Hints name keys of the plan in backticks; what is set here is read by the scripts that source it.
# shellcheck disable=SC2016,SC2034

database=$(param database)
port=$(param port)
system_user=$(param system-user)

as_user() {
  if [[ $(id -un) == "$system_user" ]]; then "$@";
  elif [[ $(id -u) == 0 ]]; then runuser -u "$system_user" -- "$@";
  else sudo -n -u "$system_user" -- "$@"; fi
}

# The newest tools of the machine; distributions keep several versions side by side.
find_tools() {
  local newest
  newest=$(find /usr/lib/postgresql /usr/pgsql-* -mindepth 1 -maxdepth 2 -type d -name bin 2>/dev/null | sort -V | tail -n 1) || true
  if [[ -n $newest && -x $newest/pg_dump ]]; then PATH=$newest:$PATH; fi
  need_tools psql pg_dump pg_restore
  id -u "$system_user" >/dev/null 2>&1 ||
    refuse HostPrerequisite "$(hostname) has no user $system_user." 'correct `systemUser` of this component in the plan.'
}

# What the server knows our sessions by; a restore and its undo have a name of their own.
session=muster

# sql DATABASE [psql options]: statements from stdin, values on stdout.
sql() {
  local to=$1
  shift
  to=${to//\\/\\\\}
  (cd / && as_user psql -XAtq -v ON_ERROR_STOP=1 -p "$port" -d "dbname='${to//\'/\\\'}' application_name=$session" "$@")
}

mark_statement() { printf '\\echo %s' "$1"; }

# A server that is up and takes nobody yet reads its log first, as after a power cut: it is given time. pg_isready says so by its exit status, in any language.
reach() {
  local asked=$SECONDS
  until server=$(echo 'SHOW server_version_num' | sql postgres 2>"$W/reach"); do
    if ((SECONDS - asked < 120)) && takes_nobody_yet; then
      sleep 1
      continue
    fi
    refuse DatabaseUnreachable "$(hostname): PostgreSQL on port $port does not answer $system_user: $(head -c 300 "$W/reach")" \
      'start it, or correct `port` and `systemUser` in the plan.'
  done
}

takes_nobody_yet() {
  local status=0
  (cd / && as_user pg_isready -q -p "$port") || status=$?
  ((status == 1))
}

# Values for SQL go through psql variables, never into its text.
exists_database() { [[ $(echo "SELECT 1 FROM pg_database WHERE datname = :'name'" | sql postgres -v "name=$1") == 1 ]]; }

oid_of() { echo "SELECT oid FROM pg_database WHERE datname = :'name'" | sql postgres -v "name=$1"; }

# Names of a restore: the one it loads into, the one that the present database is kept under, the comment that says whose it is, the one
# that a database has until its oid is noted, and what the sessions are called.
name_databases() {
  run=$(param run)
  point=$(param point)
  note="muster: point $point, run $run"
  # Names of databases hold 63 bytes.
  fresh=$(printf '%.40s_restore_%s' "$database" "$point" | head -c 63)
  kept=$(printf '%.30s_before_%s' "$database" "${run//[^A-Za-z0-9]/_}" | head -c 63)
  local whose
  whose=$(printf '%s %s %s' "$(param component)" "$point" "$run" | sha256sum | head -c 16)
  unnoted=muster_new_$whose
  session=muster-restore-$whose
}

drop_database() {
  if exists_database "$1"; then echo 'DROP DATABASE :"name" WITH (FORCE)' | sql postgres -v "name=$1"; fi
}

# A server goes on with a statement whose client was killed: what an earlier start asked for must not come about after this one has looked.
end_earlier_sessions() {
  local others="FROM pg_stat_activity WHERE application_name = '$session' AND pid <> pg_backend_pid()" asked=$SECONDS
  until [[ $(echo "SELECT count(pg_terminate_backend(pid)) $others" | sql postgres) == 0 ]]; do
    ((SECONDS - asked < 60)) ||
      refuse DatabaseBusy "$(hostname): an earlier session of this restore of $database does not end." \
        "look at pg_stat_activity for $session, then retry this step."
    sleep 0.1
  done
}

comment() {
  echo "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :'name'" | sql postgres -v "name=$1"
}

# rename A AS B AS: sessions are sent away, then both names change in one transaction. An empty name of the four leaves its pair out.
rename() {
  {
    echo "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (:'a', :'b') AND pid <> pg_backend_pid();"
    echo 'BEGIN;'
    [[ -z $1 || -z $2 ]] || echo 'ALTER DATABASE :"a" RENAME TO :"as_a";'
    [[ -z $3 || -z $4 ]] || echo 'ALTER DATABASE :"b" RENAME TO :"as_b";'
    echo 'COMMIT;'
  } >"$W/rename.sql"
  local try
  for try in 1 2 3 4 5; do
    if sql postgres -v "a=$1" -v "as_a=$2" -v "b=$3" -v "as_b=$4" <"$W/rename.sql" >/dev/null 2>"$W/rename.errors"; then return 0; fi
    # A client that comes back at once takes the name again; it is sent away again.
    sleep "0.$try"
  done
  refuse SwitchFailed "$(hostname): $database could not be renamed: $(head -c 500 "$W/rename.errors")" 'stop what is connected to it, then retry this step.'
}
