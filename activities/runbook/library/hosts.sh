# Hosts: logging in with the pinned host key, and running something there.
# shellcheck shell=bash disable=SC2154,SC2034

# `user address port` of each host, and references to the private key and the known_hosts lines.
declare -A host_login=() host_key=() host_known=()

# secret_path REFERENCE NAME, into `path`: the file itself, or one in shared memory.
secret_path() {
  if [[ $1 == file:* ]]; then
    path=${1#file:}
    [[ -r $path ]] || fail "$path cannot be read here." 'bring it from the safe or from a worker'
    return
  fi
  in_memory
  path=$memory/$2
  (umask 077 && secret_of "$1" >"$path.$BASHPID" && printf '\n' >>"$path.$BASHPID" && mv -f -- "$path.$BASHPID" "$path")
}

# quoted WORD..., into `line`: for a POSIX shell.
quoted() {
  local word
  line=''
  for word in "$@"; do line+="${line:+ }'${word//\'/\'\\\'\'}'"; done
}

# on_host HOST COMMAND: as root there (by sudo where the login is another). stdin, stdout and status are the command's; 255 is ssh's own.
on_host() {
  local host=$1 user address port path known line before='exec '
  read -r user address port <<<"${host_login[$host]}"
  secret_path "${host_known[$host]}" "known.$port.$address"
  known=$path
  secret_path "${host_key[$host]}" "key.$user.$address"
  if [[ $user != root ]]; then before+='sudo -n '; fi
  quoted "$2"
  # At a lower level a bash whose stdin is a socket takes itself for a remote login and reads the user's .bashrc.
  ssh -F none -i "$path" -p "$port" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes \
    -o "UserKnownHostsFile=$known" -o GlobalKnownHostsFile=none -o UpdateHostKeys=no -o ConnectTimeout=5 -o ConnectionAttempts=1 \
    -o ServerAliveInterval=3 -o ServerAliveCountMax=3 -o LogLevel=ERROR "$user@$address" "${before}env SHLVL=2 sh -c $line"
}

# await_host HOST SECONDS: a wrong host key is refused at once, whatever time is left.
await_host() {
  local host=$1 end=$((SECONDS + $2)) why
  until why=$(on_host "$host" true 2>&1 >/dev/null </dev/null); do
    alive
    if [[ $why == *'REMOTE HOST IDENTIFICATION HAS CHANGED'* || $why == *'Host key verification failed'* ]]; then
      fail "$host shows another host key than the pinned one: $(tail -c 300 <<<"$why")" 'find out why before you log in; correct known_hosts only when you know'
    fi
    ((SECONDS < end)) || fail "$host did not answer over SSH within $2 s: $why" 'look at its console output in EC2, mend or replace it, then retry'
    sleep 1
  done
  note 'reachable'
}

# check_host HOST [PATH BYTES]...: tools, room and clock, before anything is changed there.
check_host() {
  local host=$1 line lacking here
  shift
  quoted "$@"
  here=$(date +%s)
  lacking=$(
    on_host "$host" "bash -s -- $here $line" <<'CHECK'
for tool in bash tar zstd openssl curl xargs flock setsid sha256sum awk; do
  command -v "$tool" >/dev/null || echo "$tool is missing"
done
[[ $(openssl version) == 'OpenSSL '[3-9]* ]] || echo "$(openssl version) is older than 3"
[[ $(stat -f -c %T /dev/shm) == tmpfs ]] || echo '/dev/shm is not a tmpfs'
ahead=$(($(date +%s) - $1))
((ahead > -300 && ahead < 300)) || echo "its clock is $ahead s ahead"
shift
while (($# > 1)); do
  near=$1
  while [[ ! -e $near && $near == */?* ]]; do near=${near%/*}; done
  read -r free size < <(stat -f -c '%a %S' -- "${near:-/}")
  ((free * size >= $2)) || echo "$1 has $((free * size)) bytes free, and $2 are needed"
  shift 2
done
CHECK
  ) || fail "$host could not be asked." 'see that it is reachable, then retry'
  [[ -z $lacking ]] || fail "$host: ${lacking//$'\n'/; }." 'install what is missing or make room there, then retry'
  note 'has what is needed'
}

# bring_service HOST running|stopped START STOP STATE SECONDS: check, change, verify.
bring_service() {
  local host=$1 wanted=$2 command=$3 state_command=$5 end=$((SECONDS + $6)) why
  if [[ $wanted == stopped ]]; then command=$4; fi
  if service_is "$host" "$wanted" "$state_command"; then
    note "$wanted already"
    return 0
  fi
  assert_lease
  why=$(on_host "$host" "$command" 2>&1 </dev/null) || fail "\`$command\` on $host failed: $(tail -c 300 <<<"$why")" 'look at the journal of the service there, then retry'
  until service_is "$host" "$wanted" "$state_command"; do
    alive
    ((SECONDS < end)) || fail "The service on $host was not $wanted within $6 s after \`$command\`." 'look at its journal there, mend it, then retry'
    sleep 0.5
  done
  note "$wanted"
}

# lift_fence HOST NAME-OF-COMMAND: opens a database that a fence closed; says `opened` or `open already`.
lift_fence() {
  local said
  assert_lease
  said=$(on_host "$1" "$(data "$2")" 2>&1 </dev/null) || fail "The database on $1 was not opened: ${said::300}" 'see that its server runs and what keeps it read-only, then retry'
  note "$said"
}

# service_is HOST running|stopped STATE: 0 says that it runs; 1, 3 and 4 that it does not; anything else, or 1 with a complaint, that nobody knows.
service_is() {
  local code=0 said
  said=$(on_host "$1" "$3" 2>&1 >/dev/null </dev/null) || code=$?
  ((code != 255)) || fail "$1 could not be asked for the state of the service: ${said::300}" 'see that it is reachable, then retry'
  said=$(grep -vE '^([[:alnum:]_]*sh: warning: |perl: warning: |sudo: unable to resolve host |[[:space:]]*$)' <<<"$said" || :)
  case $code in
    0 | 3 | 4) ;;
    1) [[ -z $said ]] || code=unknown ;;
    *) code="unknown ($code)" ;;
  esac
  [[ $code != unknown* ]] || fail "It is not known whether the service runs on $1: \`$3\` said ${said::300}, $code." 'run that command there and mend it, then retry'
  if [[ $2 == running ]]; then ((code == 0)); else ((code != 0)); fi
}
