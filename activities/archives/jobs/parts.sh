# Shared by the scripts that write and read recovery points: parts to the store and back. Sourced after "$MUSTER_LIB".
#
# A part is at most 63 MiB of a zstd stream in its own CMS envelope. Presigned URLs come through the spool: the kind of a
# request says which ones (`puts.<token>.<archive>.<count>`), the answer is lines `<name> <url>`, and after tabs the headers that
# the store wants with it. URLs are never arguments.

# shellcheck disable=SC1091
. "${BASH_SOURCE[0]%/*}/sealing.sh"

export W=$MUSTER_JOB/work
export LC_ALL=C
part_limit=${part_limit:-66060288}

need_tools() {
  local tool missing=() first=''
  if has_param certificate.pem; then IFS= read -r first <"$MUSTER_JOB/params/certificate.pem" || true; fi
  if is_gpg "$first"; then set -- gpg "$@"; fi
  for tool in tar zstd openssl curl split find awk xargs stdbuf "$@"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  if ((${#missing[@]})); then
    refuse HostPrerequisite "$(hostname) has no ${missing[*]}." "install it there, for example: apt-get install ${missing[*]}"
  fi
  local version
  version=$(openssl version)
  if [[ $version != "OpenSSL "[3-9]* ]]; then
    refuse HostPrerequisite "$(hostname) has $version, and recovery points need OpenSSL 3 (AES-256-GCM in CMS)." \
      'install OpenSSL 3 or newer there.'
  fi
}

cores() { nproc 2>/dev/null || echo 2; }

# Where parts stay between being made and being sent, or fetched and opened: in memory where there is plenty, so that nothing is
# written to a disk that others wait for. It is the folder that the job's end removes, however it ends.
place_for_parts() {
  local memory=/dev/shm/muster${MUSTER_JOB//\//_} most=$((($(cores) + 2) * 65536)) kind free name available
  read -r kind free < <(df --output=fstype,avail -k /dev/shm 2>/dev/null | tail -n 1) || kind=none
  if [[ $kind == tmpfs ]]; then
    while read -r name available _ && [[ $name != MemAvailable: ]]; do :; done </proc/meminfo
    if ((free > 2 * most && available > 4 * most)) && { mkdir -m 700 -- "$memory" 2>/dev/null || [[ -O $memory && ! -L $memory ]]; }; then
      printf '%s' "$memory"
      return
    fi
  fi
  printf '%s' "$W"
}

# --- towards the store ---------------------------------------------------------------------------------------------

# Asks for the URLs of part 0 of archives FROM to FROM+COUNT-1, before they are needed.
ask_puts() { keep_urls "puts.$token.$1.$2"; }

# tell_captured STARTED [FIELDS]: the last line of a capture, with what else its driver says (`,"name":value...`).
tell_captured() {
  result "{\"type\":\"summary\",\"token\":\"${token:--}\",\"hostname\":$(json_string "$(hostname)"),\"takenAt\":\"$1\",\"finishedAt\":\"$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)\"${2:-}}"
}

# Each URL in a file of its own with its headers, as curl reads it: what is many is found without a search. Over https nothing
# older than TLS 1.3 is spoken.
keep_urls() {
  take_spool "$1" | awk -F '\t' -v folder="$W/puts" '{
    name = url = $1; sub(/ .*/, "", name); sub(/^[^ ]* /, "", url); file = folder "/" name
    printf "url = \"%s\"\n", url > file
    if (url ~ /^https:/) print "tlsv1.3" > file
    # A worker of an older version sends no headers, and means this one.
    if (NF == 1) print "header = \"If-None-Match: *\"" > file
    for (i = 2; i <= NF; i++) printf "header = \"%s\"\n", $i > file
    close(file)
  }'
}

# put_file FILE NAME ARCHIVE PART: one create-if-absent put of a file that goes with it, tried again on passing faults and with a new URL on 403.
put_file() {
  local try=0 status url=$W/puts/$2 answer=$W/answer.$2
  # Eight parts ahead, so that a long stream does not wait at every part.
  [[ -s $url ]] || keep_urls "put.$token.$3.$4.8.0"
  while :; do
    status=$(curl -sS -K "$url" -T "$1" -H 'Expect:' -o "$answer" \
      --connect-timeout 5 --speed-limit 1024 --speed-time 20 -w '%{http_code}' 2>"$answer.err") || status=000
    case $status in
      200 | 201) break ;;
      # A put whose answer was lost: the name carries a random token, so the object that is there is ours.
      412) if ((try > 0)); then break; fi ;;
      # Azure's ways to say the same: a URL that may create may not overwrite. Another 409 is two puts at one moment: tried again.
      403 | 409) if ((try > 0)) && grep -qE 'BlobAlreadyExists|UnauthorizedBlobOverwrite|AuthorizationPermissionMismatch' "$answer"; then break; fi ;;
      507) refuse StoreFull "The store has no room left: $(head -c 300 "$answer")" 'free some room at the storage location, then retry this step.' ;;
      404) refuse BucketMissing "The store answered 404 to a put: $(head -c 300 "$answer")" 'check the bucket of the storage location.' ;;
    esac
    if ((try >= 7)); then
      if [[ $status == 403 ]]; then
        refuse StoreDenied "The store refused the put of $2: $(head -c 300 "$answer")" \
          'check the rights of the storage location, and the clocks of the host and the worker.'
      fi
      try_again "put of $2 failed with $status: $(head -c 300 "$answer" 2>/dev/null) $(head -c 300 "$answer.err")"
    fi
    try=$((try + 1))
    if [[ $status == 403 ]]; then keep_urls "put.$token.$3.$4.8.$try"; fi
    # 0.2 s, growing to 5 s.
    sleep "$(((try * try + 1) / 10)).$(((try * try + 1) % 10))"
  done
  rm -f -- "$1" "$answer" "$answer.err"
}

# Filter of split: seals stdin as one part, hashes it, puts it. ARCHIVE, TRY and FILE (x00000) name it.
put_part() {
  # shellcheck disable=SC2153 # FILE is what split calls the part.
  local part=$((10#${FILE#x})) name=$ARCHIVE file sha bytes
  if [[ $ARCHIVE != index ]]; then printf -v name '%05d' "$ARCHIVE"; fi
  name+=.$part-$token$TRY
  file=$part_place/part.$name
  (
    ulimit -f "$((part_limit / 1024 + 1024))"
    seal_part "$file"
  ) || { local code=$?; rm -f -- "$file"; exit "$code"; }
  sha=$(openssl dgst -sha256 -r "$file")
  bytes=$(stat -c %s -- "$file")
  put_file "$file" "$name" "$ARCHIVE" "$part"
  result "{\"type\":\"part\",\"archive\":\"$ARCHIVE\",\"part\":$part,\"try\":$TRY,\"name\":\"$name\",\"bytes\":$bytes,\"sha256\":\"${sha%% *}\"}"
}

# put_parts ARCHIVE TRY [MOST]: a zstd stream on stdin becomes parts. Where MOST bytes are expected and a part holds them, split does
# not stand between; if more comes after all, the status is 153, because the kernel ends what would write too large a part.
put_parts() {
  export ARCHIVE=$1 TRY=$2
  local filter='set -euo pipefail; put_part'
  if ((${3:-part_limit + 1} <= part_limit)); then
    FILE=x00000 "$BASH" -c "$filter"
  else
    SHELL=$BASH split -a 5 -d -b "$part_limit" --filter="$filter" -
  fi
}

prepare_puts() {
  token=$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
  mkdir -p -- "$W/puts" "$W/gnupg"
  chmod 700 -- "$W/gnupg"
  export token part_limit part_place
  export -f put_part seal_part is_gpg gpg_quietly put_file keep_urls take_spool muster_say result refuse try_again json_string
}

# --- and back ------------------------------------------------------------------------------------------------------
# params/parts: `archive part bytes sha256 number key point`, tab-separated, in order; params/gets: `number location url`, nearest first.
# secrets: key.<point> for each point that an archive belongs to.

# Read once, so that archives opened side by side need not look for their lines.
know_parts() {
  declare -gA parts_of=() url_of=()
  local line number location url point
  while IFS= read -r line; do
    parts_of[${line%%$'\t'*}]+=$line$'\n'
    point=${line##*$'\t'}
    if [[ -z ${key_of[$point]-} ]] && has_secret "key.$point"; then key_of[$point]=$(secret "key.$point"); fi
  done <"$MUSTER_JOB/params/parts"
  while IFS=$'\t' read -r number location url; do url_of[$number.$location]=$url; done <"$MUSTER_JOB/params/gets"
  buffering=$(stdbuf -o64K printenv LD_PRELOAD) || buffering=''
  inflate_options=()
  if zstd -q --no-asyncio </dev/null >/dev/null 2>&1; then inflate_options=(--no-asyncio); fi
}

# What curl reads from its stdin, into `config`. Over https nothing older than TLS 1.3 is spoken.
curl_config() {
  config="url = \"$1\""
  if [[ $1 == https:* ]]; then config+=$'\ntlsv1.3'; fi
}

# fetch_part NUMBER BYTES SHA256 KEY FILE: the first location whose copy has the right hash. Never decrypts anything else.
fetch_part() {
  local number=$1 bytes=$2 sha=$3 key=$4 file=$5 location first='' wrong='' away='' try status found url
  local locations config onto said cut size
  mapfile -t locations <"$MUSTER_JOB/params/locations"
  for location in "${locations[@]}"; do
    [[ -n $first ]] || first=$location
    # One part finds out that a location does not answer; the others do not wait for it again.
    if [[ -e $W/away.$location && -n $(find "$W/away.$location" -mmin -1) ]]; then
      away+="${away:+, }$location did not answer"
      continue
    fi
    for try in 0 1 2 3; do
      url=${url_of[$number.$location]-}
      [[ -n $url ]] || continue 2
      curl_config "$url"
      # Onto what an earlier part left there: memory is not given back and taken anew for each. A here-string may touch the disk, where
      # the URL is in a file of this job anyway.
      [[ ! -s $file ]] || truncate -s "$bytes" -- "$file"
      exec {onto}<>"$file"
      said=$(curl -sS -K - --connect-timeout 3 --speed-limit 1024 --speed-time 15 \
        -w '%{stderr}\n@%{http_code} %{size_download}\n' <<<"$config" 2>&1 >&"$onto") && cut='' || cut=' cut'
      exec {onto}>&-
      status=000 size=0
      if [[ $said =~ @([0-9]+)\ ([0-9]+) ]]; then status=${BASH_REMATCH[1]} size=${BASH_REMATCH[2]}; fi
      status+=$cut
      case $status in
        200)
          found=$(openssl dgst -sha256 -r "$file")
          if [[ ${found%% *} == "$sha" ]]; then
            if [[ $location != "$first" ]]; then
              result "{\"type\":\"repaired\",\"part\":$(json_string "$key"),\"from\":$(json_string "$location"),\"why\":$(json_string "${wrong:-$away}")}"
            fi
            return 0
          fi
          wrong+="${wrong:+, }$location has other bytes ($size of $bytes, SHA-256 ${found%% *})"
          continue 2
          ;;
        404)
          wrong+="${wrong:+, }$location does not have it"
          continue 2
          ;;
        403) url_of[$number.$location]=$(take_spool "get.$number.$location.$try") ;;
        *) sleep "0.$((try + 1))" ;;
      esac
    done
    touch -- "$W/away.$location"
    away+="${away:+, }$location did not give it ($status)"
  done
  if [[ -n $away ]]; then try_again "part $key: $away${wrong:+; $wrong}"; fi
  refuse PartCorrupted "Part $key is not good anywhere: $wrong." \
    'restore an earlier recovery point, or bring a good copy of this object back to one of the locations.'
}

# What an archive was before it was compressed; only ever within a pipeline. From 1.5.3 on zstd has threads of its own for reading and
# writing; where archives are opened side by side they cost more than they bring.
inflate() { exec zstd -dq "${inflate_options[@]}"; }

# open_archive ARCHIVE: its zstd stream in clear on stdout. Its parts are fetched one after the other into the same file: that of the
# lane, if it is one of several.
open_archive() {
  local bytes sha number key point file=$part_place/${lane:+lane.}${lane:-get.$1}
  [[ ${parts_of[$1]-} ]] || return 0
  while IFS=$'\t' read -r _ _ bytes sha number key point; do
    fetch_part "$number" "$bytes" "$sha" "$key" "$file"
    unseal_part "$point" "$file"
  done <<<"${parts_of[$1]%$'\n'}"
  [[ ${lane-} ]] || : >"$file"
}

# What the lanes fetched last. Emptied by the shell itself; a process to remove it would take longer.
empty_lanes() {
  local file
  for file in "$part_place"/lane.*; do [[ ! -e $file ]] || : >"$file"; done
}

# tell_done BYTES TOTAL: of several side by side, one more is done.
tell_done() {
  local each sum=0
  echo "$1" >>"$W/bytes-done"
  while read -r each; do sum=$((sum + each)); done <"$W/bytes-done"
  progress "$sum" "$2"
}

# need_room FOLDER BYTES WHAT
need_room() {
  local free
  read -r free < <(df --output=avail -B1 -- "$1" | tail -n 1)
  if ((free < $2)); then
    refuse NotEnoughSpace "$(hostname): $3 needs $(($2 / 1048576 + 1)) MiB at $1, and $((free / 1048576)) MiB are free." \
      'free some room there or give the host a larger disk, then retry this step.'
  fi
}

if [[ -e $MUSTER_JOB/params/parts || -e $MUSTER_JOB/params/certificate.pem ]]; then part_place=$(place_for_parts); fi
if [[ -e $MUSTER_JOB/params/parts ]]; then know_parts; fi
