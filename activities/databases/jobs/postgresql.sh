# Shared by the PostgreSQL scripts: reaching the server by peer authentication, and its tools. Sourced after parts.sh.

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

# sql DATABASE [psql options]: statements from stdin, values on stdout.
sql() {
  local to=$1
  shift
  (cd / && as_user psql -XAtq -v ON_ERROR_STOP=1 -p "$port" -d "$to" "$@")
}

reach() {
  if ! server=$(echo 'SHOW server_version_num' | sql postgres 2>"$W/reach"); then
    refuse DatabaseUnreachable "$(hostname): PostgreSQL on port $port does not answer $system_user: $(head -c 300 "$W/reach")" \
      'start it, or correct `port` and `systemUser` in the plan.'
  fi
}

# Values for SQL go through psql variables, never into its text.
exists_database() { [[ $(echo "SELECT 1 FROM pg_database WHERE datname = :'name'" | sql postgres -v "name=$1") == 1 ]]; }
