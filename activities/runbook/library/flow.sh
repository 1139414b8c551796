# The order of things: stages of steps, gates, the point of no return, and a person who is asked.
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
  --help           this text
TEXT
}

begin() {
  local tool missing=''
  yes='' by=${SUDO_USER:-${USER:-$(id -un)}} accepted=' ' only_list=''
  while (($#)); do
    case $1 in --accept | --by | --state) (($# > 1)) || { usage >&2 && exit 2; } ;; esac
    case $1 in
      --yes) yes=yes && shift ;;
      --accept) accepted+="$2 " && shift 2 ;;
      --by) by=$2 && shift 2 ;;
      --state) state=$2 && shift 2 ;;
      --list) only_list=yes && shift ;;
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
  say "state and log: $state"
}

# risk ID TEXT: one that stood when this was compiled.
risk() {
  local id=$1
  if [[ $only_list ]]; then
    say "Risk $id: $2"
    return 0
  fi
  remembered accepted "$id" && return 0
  say "RISK $id: $2"
  if [[ $accepted != *" $id "* ]]; then
    while :; do
      answer "Type $id to accept it, or abort:"
      [[ $REPLY != abort ]] || stop_here 'a risk was not accepted'
      [[ $REPLY != "$id" ]] || break
    done
  fi
  remember accepted "$id" "$by"
  say "$id is accepted by $by"
}

is_done() { remembered "done" "$1" || remembered skipped "$1"; }

all_done() {
  local each
  for each in "$@"; do [[ $each == / ]] || is_done "$each" || return 1; done
}

# stage TITLE STEP... [/ STEP...]: ranks one after another, the steps of a rank side by side.
stage() {
  local title=$1 rank=() each
  shift
  stage_number=$((stage_number + 1))
  list_stage "$title" "$@" && return 0
  if all_done "$@"; then
    say "== $stage_number of $stages: $title: done before"
    return 0
  fi
  ask_stage "$title" "$@" || return 0
  for each in "$@" /; do
    if [[ $each != / ]]; then
      rank+=("$each")
      continue
    fi
    run_rank "${rank[@]}"
    rank=()
  done
}

list_stage() {
  local title=$1 each
  [[ $only_list ]] || return 1
  shift
  say "== $stage_number of $stages: $title"
  for each in "$@"; do
    if [[ $each == / ]]; then say '   then'; else say "   $each: ${step_title[$each]}$(remembered "done" "$each" && printf ' (done)')"; fi
  done
}

ask_stage() {
  local title=$1 each
  shift
  say "== $stage_number of $stages: $title"
  for each in "$@"; do [[ $each == / ]] || is_done "$each" || say "   ${step_title[$each]}"; done
  [[ -z $yes ]] || return 0
  while :; do
    answer 'Go on? [yes, skip, abort]'
    case $REPLY in
      y | yes) return 0 ;;
      skip)
        for each in "$@"; do [[ $each == / ]] || is_done "$each" || remember skipped "$each" "$by"; done
        say "skipped by $by"
        return 1
        ;;
      abort) stop_here "stopped before \"$title\"" ;;
    esac
  done
}

# alongside TITLE STEP...: goes on beside what follows; the next gate or point of no return waits for it.
alongside() {
  local title=$1 each
  shift
  stage_number=$((stage_number + 1))
  list_stage "$title" "$@" && return 0
  if all_done "$@"; then
    say "== $stage_number of $stages: $title: done before"
    return 0
  fi
  ask_stage "$title" "$@" || return 0
  for each in "$@"; do
    [[ $each != / ]] || continue
    begin_step "$each"
    beside[$each]=$!
  done
}

# join: waits for what goes on alongside.
join() {
  local each
  for each in "${!beside[@]}"; do
    wait "${beside[$each]}" || :
    unset "beside[$each]"
    settle "$each"
  done
}

declare -A beside=() step_title=() step_optional=() step_by_person=()

# begin_step STEP: in the background, with everything that is strict switched on; its pid is in $!.
begin_step() {
  local id=$1
  is_done "$id" && { : & return 0; }
  # shellcheck disable=SC2030
  (
    trap - EXIT INT TERM HUP
    set -euo pipefail
    step=$id
    note "${step_title[$id]}"
    mkdir -p -- "$state/errors"
    exec 2>"$state/errors/$id"
    "step_${id//-/_}"
    remember "done" "$id"
  ) </dev/null &
}

run_rank() {
  local id
  local -A process=()
  for id in "$@"; do
    if is_done "$id" || [[ ${step_by_person[$id]-} ]]; then continue; fi
    begin_step "$id"
    process[$id]=$!
  done
  for id in "${!process[@]}"; do wait "${process[$id]}" || :; done
  for id in "$@"; do
    if [[ ${step_by_person[$id]-} ]] && ! is_done "$id"; then by_person "$id"; else settle "$id"; fi
  done
  hold_on
}

# hold_on: what was taken is renewed as long as this script lives.
hold_on() {
  [[ -z $keeper && -d $state/lease ]] || return 0
  (
    trap - EXIT INT TERM HUP
    step=lease
    keep_lease
  ) </dev/null >/dev/null 2>&1 3>/dev/null 7<&- &
  keeper=$!
}

# settle STEP: of one that failed, a person decides what becomes of it.
settle() {
  local id=$1
  until is_done "$id"; do
    # What its commands said besides.
    if [[ -s $state/errors/$id ]]; then say "  [$id] $(tail -n 2 "$state/errors/$id" | tr '\n' ' ')"; fi
    if [[ ${step_optional[$id]-} ]]; then
      say "  [$id] failed; nothing waits for it"
      remember skipped "$id" 'failed, and not needed'
      return 0
    fi
    answer "${step_title[$id]} ($id) failed. [retry, skip, abort]"
    case $REPLY in
      r | retry)
        remember generation "$id" "$(($(recall generation "$id" || echo 1) + 1))"
        begin_step "$id"
        wait "$!" || :
        ;;
      skip)
        answer 'Why is it skipped?'
        remember skipped "$id" "$by: $REPLY"
        ;;
      abort) stop_here "$id failed" ;;
    esac
  done
}

# by_person STEP: what this script cannot do is said, and a person says that it is done.
by_person() {
  local id=$1
  say "  [$id] ${step_title[$id]}: this is done by a person"
  "step_${id//-/_}"
  while :; do
    answer 'Is it done? [done, skip, abort]'
    case $REPLY in
      d | "done") remember "done" "$id" "$by" && return 0 ;;
      skip) remember skipped "$id" "$by" && return 0 ;;
      abort) stop_here "$id was not done" ;;
    esac
  done
}

# gate TITLE OUTCOME RISK STEP...: passes when every step has the outcome, or when the risk is accepted by its name.
gate() {
  local title=$1 outcome=$2 risk_id=$3 each bad=''
  shift 3
  stage_number=$((stage_number + 1))
  if [[ $only_list ]]; then
    say "== $stage_number of $stages: GATE: $title ($* $outcome, or $risk_id accepted)"
    return 0
  fi
  say "== $stage_number of $stages: GATE: $title"
  join
  while :; do
    bad=''
    for each in "$@"; do [[ $(recall outcome "$each") == "$outcome" ]] || bad+=" $each is $(recall outcome "$each" || echo unknown);"; done
    if [[ -z $bad ]]; then
      say "   every one of $* is $outcome"
      return 0
    fi
    if remembered accepted "$risk_id"; then
      say "   $bad $risk_id was accepted"
      return 0
    fi
    say "   $bad"
    if [[ $accepted == *" $risk_id "* ]]; then
      REPLY=$risk_id
    else
      answer "Type $risk_id to accept that, or again to try once more, or abort:"
    fi
    case $REPLY in
      "$risk_id") remember accepted "$risk_id" "$by" ;;
      again)
        for each in "$@"; do
          forget "done" "$each"
          run_rank "$each"
        done
        ;;
      abort) stop_here 'the gate was not passed' ;;
    esac
  done
}

point_of_no_return() {
  stage_number=$((stage_number + 1))
  if [[ $only_list ]]; then
    say "== $stage_number of $stages: POINT OF NO RETURN: $1"
    return 0
  fi
  join
  say "== $stage_number of $stages: POINT OF NO RETURN: $1"
  remembered passed no-return && return 0
  if [[ -z $yes ]]; then
    while :; do
      answer "From here on nothing is put back. Type $service to go on, or abort:"
      [[ $REPLY != abort ]] || stop_here 'stopped before the point of no return'
      [[ $REPLY != "$service" ]] || break
    done
  fi
  remember passed no-return "$by"
}

# watch TITLE SECONDS EVERY STEP: looks again and again; a bad look is said and counted.
watch() {
  local title=$1 end every=$3 id=$4 looks=0 bad=0
  stage_number=$((stage_number + 1))
  if [[ $only_list ]]; then
    say "== $stage_number of $stages: $title, for $2 s"
    return 0
  fi
  say "== $stage_number of $stages: $title, for $2 s"
  if [[ ${step_by_person[$id]-} ]]; then
    say '   this is done by a person:'
    "step_${id//-/_}"
    return 0
  fi
  end=$((SECONDS + $2))
  while ((SECONDS < end)); do
    looks=$((looks + 1))
    (
      trap - EXIT
      set -euo pipefail
      step=$id
      "step_${id//-/_}"
    ) </dev/null >/dev/null 3>/dev/null &
    if ! wait "$!"; then
      bad=$((bad + 1))
      say "   look $looks was bad; the log says why"
    fi
    sleep "$every"
  done
  say "   $looks looks, $bad bad"
}

# stop_here WHY: a person stopped it. Nothing is put back; what is true is said.
stop_here() {
  say "Stopped: $1."
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
