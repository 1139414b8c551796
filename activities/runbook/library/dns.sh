# Names: asking the plan's resolver, with nothing but bash where no dig is installed.
# shellcheck shell=bash disable=SC2154

# addresses_of NAME RESOLVER: IPv4 addresses, sorted, one a line; nothing where there are none. RESOLVER is `address[:port]` or empty.
addresses_of() {
  local name=$1 server=${2%:*} port=53
  if [[ -z $2 ]]; then
    getent ahostsv4 "$name" | sed -n 's/ *STREAM.*//p' | sort -u
    return 0
  fi
  if [[ $2 == *:* ]]; then port=${2##*:}; fi
  if command -v dig >/dev/null; then
    dig +short +time=2 +tries=1 -p "$port" "@$server" "$name" A | sed -nE '/^[0-9.]+$/p' | sort
  else
    dns_ask "$name" "$server" "$port" | sort
  fi
}

# dns_ask NAME SERVER PORT: one question over UDP, RFC 1035.
dns_ask() {
  local name=${1%.}. query='\x4d\x55\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00' label byte number answer
  while [[ $name ]]; do
    label=${name%%.*} name=${name#*.}
    printf -v byte '\\x%02x' "${#label}"
    query+=$byte
    for ((number = 0; number < ${#label}; number++)); do
      printf -v byte '\\x%02x' "'${label:number:1}"
      query+=$byte
    done
  done
  query+='\x00\x00\x01\x00\x01'
  # One datagram: bash itself would write at every newline byte.
  answer=$(
    exec {socket}<>"/dev/udp/$2/$3" || exit 0
    printf '%b' "$query" | dd bs=512 count=1 iflag=fullblock status=none >&"$socket"
    timeout 2 dd bs=4096 count=1 status=none <&"$socket" | od -An -v -tx1 | tr -d ' \n'
  ) 2>/dev/null || answer=''
  dns_read "$answer"
}

# dns_read HEX: the A records of an answer.
dns_read() {
  local hex=$1 at=24 count type length
  ((${#hex} > 24)) || return 0
  count=$((16#${hex:12:4}))
  dns_skip_name
  at=$((at + 8))
  while ((count > 0 && at < ${#hex})); do
    dns_skip_name
    type=${hex:at:4} length=$((16#${hex:at+16:4} * 2)) at=$((at + 20))
    if [[ $type == 0001 && $length == 8 ]]; then
      printf '%d.%d.%d.%d\n' "0x${hex:at:2}" "0x${hex:at+2:2}" "0x${hex:at+4:2}" "0x${hex:at+6:2}"
    fi
    at=$((at + length)) count=$((count - 1))
  done
}

# Moves `at` behind a name, written out or as a pointer.
dns_skip_name() {
  local size
  while size=$((16#${hex:at:2})) && ((size > 0 && size < 192)); do at=$((at + 2 + 2 * size)); done
  at=$((at + (size >= 192 ? 4 : 2)))
}
