# What a step does, one function a kind. Each looks first, changes only what is not yet so, and sees that it came true.
# shellcheck shell=bash disable=SC2154,SC2034

# cloud SECONDS WORDS...: the aws command with a limit on each request.
cloud() {
  local limit=$1
  shift
  # Where no region matters, the command wants one all the same.
  AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-${AWS_REGION:-us-east-1}} AWS_PAGER='' AWS_MAX_ATTEMPTS=${cloud_attempts:-3} AWS_RETRY_MODE=standard \
    timeout "$((limit * 4 + 10))" aws --cli-connect-timeout "$limit" --cli-read-timeout "$limit" "$@"
}

# --- EC2

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

# fence_site any|proven REGION SECONDS REQUEST-SECONDS [FILTER... /]...: a group of hosts after the other; the worst outcome counts.
fence_site() {
  local demand=$1 region=$2 within=$3 limit=$4 worst='' filters=() each now
  shift 4
  for each in "$@"; do
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

# --- Route 53

# record_now ZONE NAME TYPE, into `now`: `alias ZONE NAME EVALUATE` or `TTL ADDRESS,...`, or empty.
record_now() {
  local line id ttl zone name evaluate values
  line=$(cloud 10 route53 list-resource-record-sets --hosted-zone-id "$1" --start-record-name "$2" --start-record-type "$3" --no-paginate \
    --query "ResourceRecordSets[?Type=='$3'].[Name,SetIdentifier,TTL,AliasTarget.HostedZoneId,AliasTarget.DNSName,AliasTarget.EvaluateTargetHealth,join(',',sort(not_null(ResourceRecords,\`[]\`)[].Value))]" \
    --output text) || fail "The record $2 in zone $1 could not be read." 'check the network and the credentials, then retry'
  now=''
  while IFS=$'\t' read -r name id ttl zone line evaluate values; do
    [[ $(plain_name "$name") == "$(plain_name "$2")" ]] || continue
    [[ $id == None ]] || fail "$2 in zone $1 has routed record sets ($id); only a simple one is changed." 'move the traffic by their weights or health checks'
    if [[ $zone != None ]]; then now="alias $zone $(plain_name "$line") ${evaluate,,}"; else now="$ttl $values"; fi
  done <<<"$line"
}

plain_name() {
  local name=${1,,}
  name=${name%.}
  printf '%s' "${name#dualstack.}"
}

# point_name ZONE NAME TYPE WANTED BATCH SECONDS: WANTED as record_now says it.
point_name() {
  local now change end
  record_now "$1" "$2" "$3"
  if [[ $now == "$4" ]]; then
    remember moved "$step" "$(date -u +%FT%TZ)"
    note "there already: $now"
    return 0
  fi
  note "before, it was: ${now:-nothing}"
  remembered before "$step" || remember before "$step" "$now"
  assert_lease
  remember moved "$step" "$(date -u +%FT%TZ)"
  change=$(cloud 10 route53 change-resource-record-sets --hosted-zone-id "$1" --change-batch "$5" --query ChangeInfo.Id --output text) ||
    fail "The record $2 in zone $1 could not be changed." 'see what it says above, then retry'
  end=$((SECONDS + $6))
  until [[ $(cloud 10 route53 get-change --id "$change" --query ChangeInfo.Status --output text) == INSYNC ]]; do
    alive
    ((SECONDS < end)) || fail "Change $change is not on all servers of Route 53 after $6 s." 'wait, then retry: it is looked at again'
    sleep 1
  done
  record_now "$1" "$2" "$3"
  [[ $now == "$4" ]] || fail "$2 is $now although it was just made $4: somebody else writes this record." 'find who changes it and stop them, then retry'
  note "points at $now"
}

# await_name NAME RESOLVER SECONDS alias NAME | addresses ADDRESS...
await_name() {
  local name=$1 resolver=$2 end=$((SECONDS + $3)) kind=$4 answered wanted each foreign
  shift 4
  while :; do
    alive
    answered=$(addresses_of "$name" "$resolver")
    if [[ $kind == alias ]]; then wanted=$(addresses_of "$1" "$resolver"); else wanted=$(printf '%s\n' "$@"); fi
    foreign=''
    for each in $answered; do
      [[ $'\n'$wanted$'\n' == *$'\n'$each$'\n'* ]] || foreign=yes
    done
    if [[ $answered && -z $foreign ]]; then break; fi
    ((SECONDS < end)) || fail "$name still answers ${answered:-nothing}." 'check the record and the delegation of its zone, and that the resolver is up; then retry'
    sleep 1
  done
  remember addresses "$step" "${answered//$'\n'/ }"
  note "resolves to ${answered//$'\n'/ }"
}

# switch_object there|absent LOCATION KEY URL TEXT: the object whose presence leads the traffic; no control plane is asked.
switch_object() {
  local wanted=$1 location=$2 key=$3 look=$4 file=$state/switch.$step there end code
  object_is
  if [[ $there == "$wanted" ]]; then
    note 'there already'
  else
    assert_lease
    printf '%s: %s\n' "$5" "$run" >"$file"
    if [[ $wanted == absent ]]; then
      ask_store DELETE "$location" "$key" "$file"
    else
      # Some servers take the marker of a deletion for an object.
      ask_store PUT "$location" "$key" "$file" 'If-None-Match: *'
      if [[ $status == 412 ]]; then ask_store PUT "$location" "$key" "$file"; fi
    fi
    object_is
    [[ $there == "$wanted" ]] || fail "$key at $location is not $wanted although it was just made so (status $status)." 'see who changes it, and who may; then retry'
    note "is $wanted now"
  fi
  remember moved "$step" "$(date -u +%FT%TZ)"
  end=$((SECONDS + 5))
  while :; do
    code=$(curl -sS -o /dev/null --max-time 2 -w '%{http_code}' "$look" 2>/dev/null) || code=000
    if [[ ($code == [23]* && $wanted == there) || ($code != [23]* && $code != 000 && $wanted == absent) ]]; then return 0; fi
    ((SECONDS < end)) || break
    sleep 0.5
  done
  note "ALARM: without credentials $look answers $code, so its health check may not follow; move the record by hand"
}

object_is() {
  ask_store GET "$location" "$key" "$file.seen"
  case $status in
    200) there='there' ;;
    404) there='absent' ;;
    *) fail "The switch object $key at $location could not be read (status $status)." 'check the network and the credentials, then retry' ;;
  esac
}

# --- health

# ask_health URL RESOLVER SECONDS [PATH=JSON]...: `why` is empty when it is healthy.
ask_health() {
  local url=$1 resolver=$2 limit=$3 place=() host port address body flat wanted
  shift 3
  why=''
  if [[ $resolver ]]; then
    host=${url#*://} host=${host%%/*} port=80
    if [[ $url == https:* ]]; then port=443; fi
    if [[ $host == *:* ]]; then port=${host##*:} host=${host%:*}; fi
    address=$(addresses_of "$host" "$resolver" | head -n 1)
    [[ $address ]] || { why="$host has no address" && return 0; }
    place=(--resolve "$host:$port:$address")
  fi
  if ! body=$(curl -sS -f --max-time "$limit" "${place[@]}" "$url" 2>&1); then
    why=${body: -200}
    why=${why:-no answer}
    return 0
  fi
  (($#)) || return 0
  flat=$(json_flat "$body") || { why='its answer is not JSON' && return 0; }
  for wanted in "$@"; do
    [[ $'\n'$flat$'\n' == *$'\n'${wanted%%=*}$'\t'${wanted#*=}$'\n'* ]] || why+="${why:+; }${wanted%%=*} is $(json_get "${wanted%%=*}" <<<"$flat" || printf missing)"
  done
}

# check_health SUCCESSES SECONDS INTERVAL URL RESOLVER TIMEOUT [PATH=JSON]...
check_health() {
  local wanted=$1 end=$((SECONDS + $2)) interval=$3 row=0 why
  shift 3
  while :; do
    alive
    ask_health "$@"
    if [[ $why ]]; then row=0; else row=$((row + 1)); fi
    ((row < wanted)) || break
    ((SECONDS < end)) || fail "$1 was not healthy $wanted times in a row: ${why:-only $row}." 'look at the journal of the service, mend it, then retry'
    sleep "$interval"
  done
  note "healthy $row times in a row"
}

# see_from_outside OBSERVER MOVES NAMES SUCCESSES SECONDS INTERVAL URL RESOLVER TIMEOUT [PATH=JSON]...: MOVES are steps that moved
# the name, NAMES those that saw where it leads; words in one argument.
see_from_outside() {
  local observer=$1 moves=$2 names=$3 end flat moved='' addresses='' each heard='' last=''
  shift 3
  end=$((SECONDS + $2))
  for each in $moves; do
    if remembered moved "$each"; then moved=$(recall moved "$each"); fi
  done
  for each in $names; do
    if remembered addresses "$each"; then addresses=$(recall addresses "$each"); fi
  done
  while [[ $observer ]]; do
    alive
    if last=$(curl -fsS --max-time 3 "$observer/state" 2>&1) && flat=$(json_flat "$last"); then
      heard=yes
      if seen_well; then
        tell_outage
        return 0
      fi
    fi
    if ((SECONDS > end)); then
      [[ -z $heard ]] || fail "The observer did not see $4 healthy from the new site: $last" 'check the name and what lies before the hosts, then retry'
      break
    fi
    sleep 0.5
  done
  check_health "$@"
  note 'not observed: nobody saw from outside since when'
}

seen_well() {
  local good address
  [[ $(json_get state <<<"$flat") == ok ]] || return 1
  good=$(json_get lastGood <<<"$flat") || good=''
  if [[ $moved ]] && { [[ -z $good ]] || (($(date -u -d "$good" +%s) < $(date -u -d "$moved" +%s))); }; then return 1; fi
  address=$(json_get address <<<"$flat") || address=''
  [[ -z $addresses || -z $address || " $addresses " == *" $address "* ]]
}

tell_outage() {
  local outages number=0 until since=''
  outages=$(curl -fsS --max-time 5 "$observer/outages") && outages=$(json_flat "$outages") || outages=''
  while until=$(json_get "outages.$number.until" <<<"$outages"); do
    since=$(json_get "outages.$number.since" <<<"$outages")
    number=$((number + 1))
    remember outage "$step" "from $since until $until, $(json_get "outages.$((number - 1)).ms" <<<"$outages") ms"
  done
  if [[ $since ]]; then note "the observer saw the outage $(recall outage "$step")"; else note 'the observer sees it healthy'; fi
}

# --- commands of the plan

# command_here SECONDS SCRIPT: on this machine, as on a worker, with a bare environment.
command_here() {
  local said
  said=$(data "$2" | timeout "$1" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$HOME" bash -euo pipefail 2>&1) ||
    fail "The command failed: ${said: -400}" 'mend it, then retry'
  [[ -z $said ]] || note "${said: -200}"
}
