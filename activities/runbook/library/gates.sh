# What a person passes by name: risks, gates, the point of no return; and the watch after it.
# shellcheck shell=bash disable=SC2154,SC2034

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
  # What an earlier start of this script saw may have changed since: a site that was fenced may be back.
  if ! remembered passed no-return; then
    for each in "$@"; do
      [[ $done_before == *" $each "* ]] || continue
      forget "done" "$each"
      run_rank "$each"
    done
  fi
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
