# Shared by the scripts that drive pgBackRest. Sourced after postgresql-server.sh. Its configuration holds secrets: it lies on tmpfs, readable for the
# server's user alone, as long as the job lives.
# Hints name keys of the plan in backticks; what is set here is read by the scripts that source it.
# shellcheck disable=SC2016,SC2034,SC2154

stanza=$(param stanza)

find_pgbackrest() {
  find_tools
  command -v pgbackrest >/dev/null ||
    refuse HostPrerequisite "$(hostname) has no pgbackrest." 'install it there, 2.41 or newer: apt-get install pgbackrest'
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

name_marks() {
  run=$(param run) point=$(param point)
  mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$point.$run
  mkdir -p -- "${mark%/*}"
  staged=$data.restoring-$run
  kept=$data.before-$run
}

noted() { result "{\"type\":\"noted\",\"what\":$(json_string "$1")}"; }
