# Shared by the scripts that drive pgBackRest. Sourced after postgresql.sh. Its configuration holds secrets: it lies on tmpfs, readable for the
# server's user alone, as long as the job lives.
# Hints name keys of the plan in backticks; what is set here is read by the scripts that source it.
# shellcheck disable=SC2016,SC2034,SC2154

stanza=$(param stanza)
data=$(param data-directory)

find_pgbackrest() {
  find_tools
  command -v pgbackrest >/dev/null ||
    refuse HostPrerequisite "$(hostname) has no pgbackrest." 'install it there, 2.41 or newer: apt-get install pgbackrest'
}

# find_server MAJOR: its own programs, where several versions lie side by side.
find_server() {
  local own=/usr/lib/postgresql/$1/bin
  [[ -x $own/pg_ctl ]] || own=/usr/pgsql-$1/bin
  if [[ -x $own/pg_ctl ]]; then PATH=$own:$PATH; fi
  if ! command -v pg_ctl >/dev/null || [[ $(pg_ctl --version | grep -oE '[0-9]+' | head -n 1) != "$1" ]]; then
    refuse ServerDiffers "$(hostname) has no programs of PostgreSQL $1, which the backup is of." "install postgresql-$1 there."
  fi
}

# In the folder that the end of the job takes away whatever happens; the trap is for jobs that are not root's.
make_config() {
  local folder=/dev/shm/muster${MUSTER_JOB//\//_}
  if [[ $(stat -f -c %T /dev/shm) != tmpfs ]]; then
    refuse NoMemoryFolder '/dev/shm is not a tmpfs, so a secret would touch a disk.' 'mount -t tmpfs tmpfs /dev/shm'
  fi
  rm -rf -- "$folder"
  (cd / && as_user mkdir -m 700 -- "$folder")
  trap 'cd / && as_user rm -rf -- "/dev/shm/muster${MUSTER_JOB//\//_}"' EXIT
  config=$folder/pgbackrest.conf
  secret config | (cd / && as_user sh -c 'umask 077; cat >"$1"' sh "$config")
}

# br COMMAND [options]: what it says is in $W/br. While another pgBackRest holds the stanza (50), such as a job of the host's own, the next
# attempt comes later.
br() {
  local code=0
  (cd / && as_user pgbackrest --config="$config" --stanza="$stanza" --log-level-console=warn --log-level-stderr=off "$@") >"$W/br" 2>&1 || code=$?
  ((code != 50)) || try_again "another pgBackRest is at work on $stanza: $(br_said | head -c 300)"
  return "$code"
}

# The end of what it said, in one line.
br_said() { grep -vE 'INFO: |^ *$' "$W/br" | tail -n 12 | cut -c -300 | tr -s '\n ' ' '; }

# Asks the repository; all backups as JSON in $W/info.
ask_info() {
  if ! br info --output=json || grep -q '"code":99' "$W/br"; then
    refuse RepositoryUnreachable "$(hostname): pgBackRest does not reach its repository: $(br_said | head -c 700)" \
      'check `repository` of this component, its key, and that the host reaches the store.'
  fi
  cp -- "$W/br" "$W/info"
}

# server_runs FOLDER: a server runs on this data.
server_runs() { [[ -e $1/PG_VERSION ]] && (cd / && as_user pg_ctl -D "$1" status) >/dev/null 2>&1; }

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

name_marks() {
  run=$(param run) point=$(param point)
  mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$point.$run
  mkdir -p -- "${mark%/*}"
  staged=$data.restoring-$run
  kept=$data.before-$run
}

noted() { result "{\"type\":\"noted\",\"what\":$(json_string "$1")}"; }
