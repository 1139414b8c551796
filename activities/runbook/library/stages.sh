# Stages of steps: ranks one after another, steps side by side or alongside, and a person who is asked when one fails.
# shellcheck shell=bash disable=SC2154,SC2034

is_done() { remembered "done" "$1" || remembered skipped "$1"; }

all_done() {
  local each
  for each in "$@"; do [[ $each == / ]] || is_done "$each" || return 1; done
}

# stage TITLE STEP... [/ STEP...]: ranks one after another, the steps of a rank side by side.
stage() {
  local title=$1
  shift
  stage_number=$((stage_number + 1))
  list_stage "$title" "$@" && return 0
  if all_done "$@"; then
    say "== $stage_number of $stages: $title: done before"
    return 0
  fi
  ask_stage "$title" "$@" || return 0
  by_rank run_rank "$@"
}

# by_rank COMMAND STEP... / STEP...: the command with the steps of each rank.
by_rank() {
  local command=$1 each rank=()
  shift
  for each in "$@" /; do
    if [[ $each != / ]]; then
      rank+=("$each")
      continue
    fi
    "$command" "${rank[@]}"
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

# alongside TITLE STEP... [/ STEP...]: goes on beside what follows, its ranks one after another; the next gate or point of no return
# waits for it.
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
  for each in "$@"; do [[ $each == / ]] || forget begun "$each"; done
  run_lane "$@" </dev/null &
  lanes+=("$! $*")
}

# run_lane STEP... [/ STEP...]: in the background, where nobody can be asked: it ends at a step that failed or that a person does.
run_lane() {
  trap - EXIT INT TERM HUP
  local each id rank=()
  for each in "$@" /; do
    if [[ $each != / ]]; then
      rank+=("$each")
      continue
    fi
    remembered over stopped && return 0
    alive
    for id in "${rank[@]}"; do
      if is_done "$id" || [[ ${step_by_person[$id]-} ]]; then continue; fi
      remember begun "$id"
      begin_step "$id"
    done
    wait
    for id in "${rank[@]}"; do
      if [[ ${step_optional[$id]-} ]] && remembered begun "$id"; then settle "$id"; fi
      is_done "$id" || return 0
    done
    rank=()
  done
}

# join: waits for what goes on alongside, and asks for what it could not ask for itself.
join() {
  local lane=()
  while ((${#lanes[@]})); do
    read -ra lane <<<"${lanes[0]}"
    lanes=("${lanes[@]:1}")
    wait "${lane[0]}" || :
    by_rank end_rank "${lane[@]:1}"
  done
}

# end_rank STEP...: what has failed in the background is settled; what it never came to is begun.
end_rank() {
  local id left=()
  for id in "$@"; do
    if remembered begun "$id"; then settle "$id"; else left+=("$id"); fi
  done
  if ((${#left[@]})); then run_rank "${left[@]}"; fi
}

# end_lanes: nothing alongside may still be changing anything when it is said what is true.
end_lanes() {
  local lane
  ((${#lanes[@]})) || return 0
  remember over stopped
  say 'What goes on alongside is waited for.'
  for lane in "${lanes[@]}"; do wait "${lane%% *}" || :; done
  lanes=()
}

lanes=()
declare -A step_title=() step_optional=() step_by_person=()

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
  say "  [$id] ${step_title[$id]}: this is done by a person, in a shell that was given what bash $0 --by-hand prints"
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
