# Names: a record of Route 53, the switch object, and whether a resolver answers as it should.
# shellcheck shell=bash disable=SC2154,SC2034

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
