# How the script begins and ends: options, one at a time, what is true when it stops.
# shellcheck shell=bash disable=SC2154,SC2034

usage() {
  cat <<TEXT
usage: bash $0 [options]

$title
Compiled at $compiled_at from the plan and what was found then. It asks before each stage and may be run again
after it was stopped or killed: what is done is in the state folder, and every step looks before it acts.

  --yes            go on with each stage without asking (gates and failures still ask)
  --accept RISK    accept a risk by its name; may be given more than once
  --by NAME        who runs this; for the lease and the log
  --state FOLDER   where it keeps what is done (now: $state)
  --list           say what would be done, and stop
  --by-hand        print what commands that are left to a person need, and stop
  --help           this text
TEXT
}

begin() {
  local tool done_step missing=''
  yes='' by=${SUDO_USER:-${USER:-$(id -un)}} accepted=' ' only_list=''
  while (($#)); do
    case $1 in --accept | --by | --state) (($# > 1)) || { usage >&2 && exit 2; } ;; esac
    case $1 in
      --yes) yes=yes && shift ;;
      --accept) accepted+="$2 " && shift 2 ;;
      --by) by=$2 && shift 2 ;;
      --state) state=$2 && shift 2 ;;
      --list) only_list=yes && shift ;;
      --by-hand) data by-hand && exit 0 ;;
      -h | --help) usage && exit 0 ;;
      *) usage >&2 && exit 2 ;;
    esac
  done
  exec 3>&1 7<&0
  for tool in bash aws ssh openssl zstd tar curl sed awk timeout base64 od; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  if [[ $missing ]]; then
    printf 'Missing here:%s.\nTry: apt-get install awscli openssh-client openssl zstd tar curl\n' "$missing" >&2
    exit 2
  fi
  [[ -r $self ]] || { printf 'This script reads itself; run it from a file: bash %s\n' "$0" >&2 && exit 2; }
  umask 077
  mkdir -p -- "$state"
  state=$(cd -- "$state" && pwd)
  one_at_a_time
  # What another script did is not what this one means by the same names.
  remembered playbook id || remember playbook id "$playbook"
  if [[ $(recall playbook id) != "$playbook" ]]; then
    printf '%s was begun by a script of another playbook (%s).\nTry: that script, or another folder with --state.\n' "$state" "$(recall playbook id)" >&2
    exit 2
  fi
  # A name of its own for each recovery: host jobs, the lease and what is kept on hosts go by it.
  remembered run id || remember run id "break-glass-$(date -u +%Y%m%d-%H%M%S)-$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')"
  run=$(recall run id)
  forget over stopped
  done_before=' '
  for done_step in "$state"/done/*; do [[ ! -f $done_step ]] || done_before+="${done_step##*/} "; done
  step=- stage_number=0 lost_stages='' keeper=''
  trap finish EXIT
  trap 'exit 130' INT TERM HUP
  hold_on
}

# Another one with the same state folder would do everything twice.
one_at_a_time() {
  local other
  if [[ -f $state/pid ]]; then
    other=$(<"$state/pid")
    if [[ $other != "$$" ]] && grep -qzF -- "${self##*/}" "/proc/$other/cmdline" 2>/dev/null; then
      printf 'This script runs already with %s (process %s).\nTry: wait for it or end it.\n' "$state" "$other" >&2
      exit 2
    fi
  fi
  printf '%s\n' "$$" >"$state/pid"
}

finish() {
  local code=$?
  trap - EXIT
  if [[ -n $keeper ]]; then kill "$keeper" 2>/dev/null || :; fi
  if [[ ${memory-} ]]; then rm -rf -- "$memory"; fi
  rm -rf -- "/dev/shm/muster-$run"
  exit "$code"
}

introduce() {
  say "$title"
  say "run $run, by $by; compiled at $compiled_at, playbook $playbook"
  tell_age
  say "state and log: $state"
}

# tell_age: hosts, addresses and the recovery point are those that were found then.
tell_age() {
  local minutes
  minutes=$((($(date +%s) - $(date -u -d "$compiled_at" +%s)) / 60)) 2>/dev/null || return 0
  say "Its facts are $((minutes / 1440)) d $((minutes / 60 % 24)) h $((minutes % 60)) min old${point:+; it restores recovery point $point}"
  ((minutes < 60)) || say "WARNING: newer recovery points, other hosts or other addresses are not known to it. Where Muster can still read: make a new one."
}

# stop_here WHY: a person stopped it. Nothing is put back; what is true is said.
stop_here() {
  say "Stopped: $1."
  end_lanes
  what_is_true
  release_leases
  say "To go on: run this script again with --state $state"
  exit 1
}

what_is_true() {
  local id kinds='' file
  say 'What is true now:'
  for id in "${step_order[@]}"; do
    if remembered "done" "$id"; then say "   done     ${step_title[$id]}$(remembered outcome "$id" && printf ': %s' "$(recall outcome "$id")")";
    elif remembered skipped "$id"; then say "   SKIPPED  ${step_title[$id]} ($(recall skipped "$id"))";
    else say "   not done ${step_title[$id]}"; fi
  done
  for file in "$state"/accepted/*; do
    [[ ! -f $file ]] || say "   risk ${file##*/} was accepted by $(<"$file")"
  done
  for file in "$state"/before/*; do
    [[ ! -f $file ]] || say "   before ${file##*/} the record was: $(<"$file")"
  done
  grep -h 'what was there is kept as' "$state/log" | sed 's/.*\[/   [/' | sort -u >&3 || :
}

complete() {
  [[ -z $only_list ]] || exit 0
  join
  remember over over
  what_is_true
  release_leases
  say "$title: done."
}
