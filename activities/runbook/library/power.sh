# Instances of EC2: starting a host, fencing a site. Each looks first, changes only what is not yet so, and sees that it came true.
# shellcheck shell=bash disable=SC2154,SC2034

# cloud SECONDS WORDS...: the aws command with a limit on each request.
cloud() {
  local limit=$1
  shift
  # Where no region matters, the command wants one all the same.
  AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-${AWS_REGION:-us-east-1}} AWS_PAGER='' AWS_MAX_ATTEMPTS=${cloud_attempts:-3} AWS_RETRY_MODE=standard \
    timeout "$((limit * 4 + 10))" aws --cli-connect-timeout "$limit" --cli-read-timeout "$limit" "$@"
}

instance_state() {
  cloud 10 ec2 describe-instances --region "$1" --instance-ids "$2" --query 'Reservations[].Instances[].State.Name' --output text
}

# start_instance REGION INSTANCE SECONDS
start_instance() {
  local now end=$((SECONDS + $3))
  now=$(instance_state "$1" "$2") || fail "EC2 of $1 does not say how $2 is." 'check the network and the credentials, then retry'
  if [[ $now == running ]]; then
    note 'running already'
    return 0
  fi
  [[ $now != terminated && $now != shutting-down ]] || fail "$2 in $1 is $now and will not come back." 'launch a new one with the tags of the plan, and make a new script'
  assert_lease
  while :; do
    alive
    if [[ $now == stopped ]]; then
      cloud 10 ec2 start-instances --region "$1" --instance-ids "$2" >/dev/null || fail "EC2 of $1 did not start $2." 'see what it says above, then retry'
    fi
    sleep 1
    now=$(instance_state "$1" "$2") || now=unknown
    [[ $now != running ]] || break
    ((SECONDS < end)) || fail "$2 in $1 is $now and did not run within $3 s." 'look at it in the EC2 console, then retry'
  done
  note 'started'
}

# fence REGION SECONDS REQUEST-SECONDS [--instance ID | Name=tag:KEY,Values=VALUE...]: never fails; the gate asks for its outcome.
fence() {
  local region=$1 end=$((SECONDS + $2)) limit=$3 half=$((SECONDS + $2 / 2)) forced='' which=() found ids why=$state/fence.$step
  local cloud_attempts=1
  shift 3
  if [[ $1 == --instance ]]; then
    which=(--instance-ids "$2")
  else
    which=(--filters "$@" 'Name=instance-state-name,Values=pending,running,stopping,stopped')
  fi
  if ! look_at_lost; then
    fence_outcome unanswered
    return 0
  fi
  if [[ -z $found ]]; then
    printf '%s answers, but has no such instance\n' "$region" >"$why"
    fence_outcome refused
    return 0
  fi
  if all_off; then
    fence_outcome fenced
    return 0
  fi
  assert_lease
  # shellcheck disable=SC2086 # ids are words
  if ! cloud "$limit" ec2 stop-instances --region "$region" --instance-ids $ids >/dev/null 2>"$why"; then
    fence_outcome unanswered
    return 0
  fi
  until look_at_lost && all_off; do
    alive
    if ((SECONDS > half)) && [[ -z $forced ]]; then
      forced=yes
      # shellcheck disable=SC2086
      cloud "$limit" ec2 stop-instances --region "$region" --instance-ids $ids --force >/dev/null 2>"$why" || :
    fi
    if ((SECONDS > end)); then
      printf '%s did not stop in time\n' "$ids" >"$why"
      fence_outcome refused
      return 0
    fi
    sleep 1
  done
  fence_outcome fenced
}

# Lines `id state`; two tries, because one lost packet must not decide that a region is gone.
look_at_lost() {
  local try
  for try in 1 2; do
    if found=$(cloud "$limit" ec2 describe-instances --region "$region" "${which[@]}" \
      --query 'Reservations[].Instances[].[InstanceId,State.Name]' --output text 2>"$why"); then
      ids=$(awk '{ print $1 }' <<<"$found" | tr '\n' ' ')
      return 0
    fi
  done
  return 1
}

all_off() { ! awk '{ print $2 }' <<<"$found" | grep -qvE '^(stopped|terminated)$'; }

# fence_outcome WORD: `unanswered` becomes what the command said: nobody there, or a no.
fence_outcome() {
  local outcome=$1
  if [[ $outcome == unanswered ]]; then
    outcome=refused
    if [[ ! -s $why ]] || grep -qiE 'connect|timed? ?out|unreachable|reset|reach' "$why"; then outcome=unreachable; fi
  fi
  remember outcome "$step" "$outcome"
  note "$outcome$([[ $outcome == fenced ]] || printf ': %s' "$(tail -n 1 "$why" 2>/dev/null)")"
}

# fence_site any|proven REGION SECONDS REQUEST-SECONDS [FILTER... / | @GROUP=ADDRESSES]...: a group of hosts after the other; the worst
# outcome counts. Hosts that the plan names by address are no instances: they are named, and a person closes them.
fence_site() {
  local demand=$1 region=$2 within=$3 limit=$4 worst='' filters=() each now
  shift 4
  for each in "$@"; do
    if [[ $each == @* ]]; then
      note "${each#@}: no EC2 instances, not fenced by this script; the Markdown runbook has the commands that stop the service there"
      worst=refused
      continue
    fi
    if [[ $each != / ]]; then
      filters+=("$each")
      continue
    fi
    fence "$region" "$within" "$limit" "${filters[@]}"
    filters=()
    now=$(recall outcome "$step")
    if [[ -z $worst || $now == refused || ($now == unreachable && $worst == fenced) ]]; then worst=$now; fi
  done
  if [[ -z $worst ]]; then
    note 'the plan fences this site in ways that this script cannot; the Markdown runbook has the commands'
    worst=refused
  elif [[ $worst == fenced && $demand == proven ]]; then
    note 'EC2 says that it is off; the plan wants a write tried there, which a person does'
    worst=refused
  fi
  remember outcome "$step" "$worst"
}
