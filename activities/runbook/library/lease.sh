# The lease of the service: lease.json at a storage location, changed only with If-Match, timed by the store's own clock.
# shellcheck shell=bash disable=SC2154

# read_lease LOCATION FILE: lease_status, lease_etag, lease_now (seconds, the store's clock) and the array lease.
read_lease() {
  local path value
  ask_store GET "$1" "$service/lease.json" "$2"
  lease_status=$status lease_etag=$(head_of "$2" etag)
  lease_now=$(date -u -d "$(head_of "$2" date)" +%s 2>/dev/null) || lease_now=$(date +%s)
  lease=()
  [[ $status == 200 ]] || return 0
  while IFS=$'\t' read -r path value; do
    if [[ $value == '"'* ]]; then value=${value:1:${#value}-2}; fi
    lease[$path]=$value
  done < <(json_flat "$(<"$2")")
  [[ ${lease[generation]-} && ${lease[run]-} && ${lease[until]-} ]] ||
    fail "lease.json at $1 is no lease that this script understands." 'look at it and at who wrote it; muster takeover writes a new one'
}

iso() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%S.000Z; }

# write_lease LOCATION FILE GENERATION SINCE UNTIL [MORE]: succeeds where nobody wrote in between.
write_lease() {
  local condition='If-None-Match: *'
  if [[ $lease_etag && $lease_status == 200 ]]; then condition="If-Match: $lease_etag"; fi
  printf '{"format":1,"service":%s,"generation":%s,"run":%s,"procedure":%s,"holder":%s,"since":"%s","until":"%s","settled":false%s}\n' \
    "$(json_text "$service")" "$3" "$(json_text "$run")" "$(json_text "$procedure")" "$(json_text "$by")" "$4" "$5" "${6-}" >"$2.new"
  ask_store PUT "$1" "$service/lease.json" "$2.new" "$condition"
  [[ $status == 20? ]]
}

# take_lease TERM LOCATION needed|other
take_lease() {
  local term=$1 location=$2 how=$3 file=$state/lease.$2 try generation
  local -A lease=()
  remember takes "$step"
  for try in 1 2 3 4 5; do
    read_lease "$location" "$file"
    case $lease_status in
      200 | 404) ;;
      *)
        if [[ $how == other ]]; then
          note "$location does not answer ($lease_status); the lease is held without it"
          return 0
        fi
        fail "The lease at $location could not be read (status $lease_status: $(head -c 300 "$file.error" 2>/dev/null))." \
          'check the network, the credentials and the bucket, then retry'
        ;;
    esac
    generation=1
    if [[ $lease_status == 200 ]]; then
      if [[ ${lease[run]} == "$run" && -z ${lease[released]-} ]]; then
        remember lease "$location" "${lease[generation]} $how $term"
        note "held at $location already (generation ${lease[generation]})"
        return 0
      fi
      if [[ -z ${lease[released]-} ]] && (($(date -u -d "${lease[until]}" +%s) > lease_now)); then
        fail "The lease at $location is held by run ${lease[run]} (${lease[procedure]-}, for ${lease[holder]-}) until ${lease[until]}." \
          'see that this run is over, then wait until that time and retry; or muster takeover'
      fi
      generation=$((lease[generation] + 1))
    fi
    if write_lease "$location" "$file" "$generation" "$(iso "$lease_now")" "$(iso "$((lease_now + term))")"; then
      remember lease "$location" "$generation $how $term"
      note "held at $location (generation $generation)"
      return 0
    fi
    sleep "0.$try"
  done
  fail "The lease at $location could not be written (status $status)." 'somebody else writes it at this moment, or may write and you may not; retry'
}

# each_lease FUNCTION: calls it with LOCATION GENERATION HOW TERM.
each_lease() {
  local file generation how term
  for file in "$state"/lease/*; do
    [[ -f $file ]] || continue
    read -r generation how term <"$file"
    "$1" "${file##*/}" "$generation" "$how" "$term"
  done
}

# assert_lease: before a change. Another holder ends the step; a needed location that does not answer does so too.
assert_lease() { each_lease assert_one; }
assert_one() {
  local file=$state/lease.$1.$BASHPID
  local -A lease=()
  read_lease "$1" "$file"
  rm -f -- "$file" "$file.head" "$file.error"
  if [[ $lease_status == 200 && ${lease[run]} == "$run" && ${lease[generation]} == "$2" && -z ${lease[released]-} ]]; then return 0; fi
  if [[ $lease_status != 200 && $lease_status != 404 ]]; then
    [[ $3 == needed ]] || return 0
    fail "The lease at $1 could not be read (status $lease_status)." 'nothing is changed without it; check the network, then retry'
  fi
  fail "This script no longer holds the lease at $1: run ${lease[run]-nobody} does. Nothing was changed." \
    "look at that run; if this one is the right one, wait until its lease is over, then rm $state/done/take-lease and run this again"
}

# keep_lease: in the background, as long as this script lives.
keep_lease() {
  while sleep 30 && alive; do
    if remembered over over; then return 0; fi
    each_lease renew_one || :
  done
}
renew_one() {
  local file=$state/lease.$1.keep
  local -A lease=()
  read_lease "$1" "$file"
  [[ $lease_status == 200 && ${lease[run]} == "$run" && ${lease[generation]} == "$2" && -z ${lease[released]-} ]] || return 0
  write_lease "$1" "$file" "$2" "${lease[since]}" "$(iso "$((lease_now + $4))")" || :
}

# release_leases: what took them must be done again before anything else is.
release_leases() {
  local file
  each_lease release_one
  for file in "$state"/takes/*; do
    if [[ -f $file ]] && ! remembered over over; then forget "done" "${file##*/}"; fi
  done
}
release_one() {
  local file=$state/lease.$1.release
  local -A lease=()
  read_lease "$1" "$file"
  if [[ $lease_status == 200 && ${lease[run]} == "$run" && ${lease[generation]} == "$2" && -z ${lease[released]-} ]]; then
    if write_lease "$1" "$file" "$2" "${lease[since]}" "${lease[until]}" ",\"released\":\"$(iso "$lease_now")\""; then
      say "The lease at $1 was given back."
      forget lease "$1"
    fi
  fi
}
