# Shared by the MariaDB scripts: reaching the server, its tools, and the names of a restore. Sourced after parts.sh.
# Hints name keys of the plan in backticks; what is set here is read by the scripts that source it.
# shellcheck disable=SC2016,SC2034

database=$(param database)
socket=$(param socket)
system_user=$(param system-user)
my=()

as_user() {
  if has_secret client.cnf || [[ $(id -un) == "$system_user" ]]; then "$@";
  elif [[ $(id -u) == 0 ]]; then runuser -u "$system_user" -- "$@";
  else sudo -n -u "$system_user" -- "$@"; fi
}

# An account with a password is read from a file in memory, never an argument.
find_tools() {
  local conf
  need_tools mariadb mariadb-dump
  if has_secret client.cnf; then
    secret_file client.cnf conf
    my=("--defaults-file=$conf" -S "$socket")
  else
    id -u "$system_user" >/dev/null 2>&1 ||
      refuse HostPrerequisite "$(hostname) has no user $system_user." 'correct `systemUser` of this component in the plan.'
    my=(--no-defaults -S "$socket" -u "$system_user")
  fi
}

# sql [options]: statements from stdin, rows on stdout, columns parted by tabs, values as they are.
sql() { (cd / && as_user mariadb "${my[@]}" -N -B --raw --default-character-set=utf8mb4 "$@"); }

mark_statement() { printf "SELECT '%s';" "$1"; }

dump() { (cd / && as_user mariadb-dump "${my[@]}" --default-character-set=utf8mb4 --max-allowed-packet=1G "$@"); }

reach() {
  if ! server=$(echo 'SELECT VERSION()' | sql 2>"$W/reach"); then
    refuse DatabaseUnreachable "$(hostname): no answer from the server at $socket: $(head -c 300 "$W/reach")" \
      'start it, or correct `socket`, `systemUser` and `account` in the plan.'
  fi
  # What a restore has done stands in comments of databases, which came with 10.5.
  if [[ $server != *MariaDB* ]] || older "$server" 10.5; then
    refuse ServerTooOld "$(hostname): the server at $socket is $server, and MariaDB 10.5 or newer is needed." 'use such a server.'
  fi
}

# older A B: is version A before B? By major and minor.
older() {
  local a b
  a=$(major_minor "$1") b=$(major_minor "$2")
  ((a < b))
}
major_minor() {
  [[ $1 =~ ([0-9]+)\.([0-9]+) ]] || { echo 0; return; }
  echo "$((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2]))"
}

# A value in SQL text.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}

exists_database() { [[ -n $(echo "SELECT 1 FROM information_schema.schemata WHERE schema_name = $(quoted "$1")" | sql) ]]; }

comment() { echo "SELECT schema_comment FROM information_schema.schemata WHERE schema_name = $(quoted "$1")" | sql; }

say_comment() { echo "ALTER DATABASE \`$1\` COMMENT $(quoted "$2")" | sql; }

# Names of a restore: the database it loads into, the one that keeps what was there, the comments that say whose they are.
name_databases() {
  local run
  run=$(param run)
  point=$(param point)
  note="muster: point $point, run $run"
  loading="muster: loading point $point, run $run"
  loaded="muster: loaded point $point, run $run"
  # Names hold 64 characters.
  fresh=$(printf '%.40s_restore_%s' "$database" "$point" | head -c 64)
  kept=$(printf '%.30s_before_%s' "$database" "${run//[^A-Za-z0-9]/_}" | head -c 64)
  mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$point.$run
  mkdir -p -- "${mark%/*}"
}

# code DB: its triggers and events. A section for each table that has triggers, so that one table can come back with its own.
code() {
  local table
  while IFS= read -r table; do
    printf -- '-- muster: triggers of %s\n' "$(printf '%s' "$table" | base64 -w 0)"
    dump --no-data --no-create-info --triggers "$1" "$table" | sed '1{/sandbox mode/d}' || return 1
  done < <(echo "SELECT DISTINCT event_object_table FROM information_schema.triggers WHERE trigger_schema = $(quoted "$1")" | sql)
  printf -- '-- muster: events\n'
  dump --no-data --no-create-info --skip-triggers --events "$1" | sed '1{/sandbox mode/d}'
}

# The same questions as in the dump's snapshot must have the same answers.
run_checks() {
  local name query expected value
  while IFS= read -r -d '' name && IFS= read -r -d '' query && IFS= read -r -d '' expected; do
    if ! value=$(printf '%s;\n' "${query%;}" | sql "$1" 2>"$W/check.errors"); then
      refuse QueryFailed "$(hostname): check $name of $database failed: $(head -c 300 "$W/check.errors")" 'look at the query in the plan.'
    fi
    if [[ $value != "$expected" ]]; then
      refuse DataDiffers "$(hostname): check $name of $database answers $value, and at the recovery point it was $expected." \
        'restore another recovery point; the database that was there before was not touched.'
    fi
    result "{\"type\":\"check\",\"name\":$(json_string "$name")}"
  done <"$(param_file checks)"
}
