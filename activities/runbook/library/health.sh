# Health, as one look, several in a row, or seen by the observer from outside; and the plan's own commands on this machine.
# shellcheck shell=bash disable=SC2154,SC2034

# ask_health URL RESOLVER SECONDS [PATH=JSON]...: `why` is empty when it is healthy.
ask_health() {
  local url=$1 resolver=$2 limit=$3 place=() host port address body flat wanted
  shift 3
  why=''
  if [[ $resolver ]]; then
    host=${url#*://} host=${host%%/*} port=80
    if [[ $url == https:* ]]; then port=443; fi
    if [[ $host == *:* ]]; then port=${host##*:} host=${host%:*}; fi
    address=$(addresses_of "$host" "$resolver" | sed -n 1p)
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

# command_here SECONDS SCRIPT: on this machine, as on a worker, with a bare environment.
command_here() {
  local said
  said=$(data "$2" | timeout "$1" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$HOME" bash -euo pipefail 2>&1) ||
    fail "The command failed: ${said: -400}" 'mend it, then retry'
  [[ -z $said ]] || note "${said: -200}"
}
