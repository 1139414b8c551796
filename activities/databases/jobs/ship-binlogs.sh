#!/bin/bash
# Ships MariaDB's closed binlogs: the one that is written is closed first, then each whole file since the last shipped one goes to
# the store, sealed like an archive. What it holds (times, transactions) is read out of the file itself.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: last (file that was shipped last, or empty), database, socket, system-user, certificate.pem, parts.sh, mariadb.sh
# secrets: client.cnf (optional)
# results: part, segment, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file mariadb.sh)"

main() {
  find_tools
  need_tools mariadb-binlog
  prepare_puts
  reach
  check_server
  echo 'FLUSH BINARY LOGS' | sql
  folder=$(echo 'SELECT @@log_bin_basename' | sql)
  folder=${folder%/*}
  local files number=0 file
  mapfile -t files < <(echo 'SHOW BINARY LOGS' | sql | cut -f 1 | sed '$d' | after_last)
  for file in "${files[@]}"; do
    progress "$number" "${#files[@]}" "$file"
    ship "$number" "$file"
    number=$((number + 1))
  done
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

check_server() {
  local on format
  on=$(echo 'SELECT @@log_bin' | sql)
  format=$(echo 'SELECT @@binlog_format' | sql)
  if [[ $on != 1 || $format != ROW ]]; then
    refuse BinlogsOff "$(hostname): the server has log_bin=$on and binlog_format=$format, and shipping needs 1 and ROW." \
      'set log_bin and binlog_format=ROW in its configuration and restart it, or take `binlogs` out of the plan.'
  fi
}

# The files behind the last one; where the server has it no more, all it has, and the gap is said by who reads what they hold.
after_last() {
  local last
  last=$(param last)
  awk -v last="$last" '{ all[NR] = $0 } $0 == last { from = NR } END { for (i = from + 1; i <= NR; i++) print all[i] }'
}

read_log() { if [[ -r $1 ]]; then cat -- "$1"; else sudo -n cat -- "$1"; fi; }

ship() {
  local number=$1 file=$2
  read_log "$folder/$file" >"$W/$file"
  describe "$number" "$file"
  zstd -q -1 -T0 -c <"$W/$file" | put_parts "$number" 1 || try_again "$file did not reach the store"
  rm -f -- "$W/$file"
}

describe() {
  local number=$1 file=$2 facts
  # Events as a table: first and last time and position, transactions known before it and at its end.
  if ! TZ=UTC mariadb-binlog --no-defaults --verify-binlog-checksum --base64-output=decode-rows "$W/$file" >"$W/events" 2>"$W/events.errors"; then
    refuse LogBroken "$(hostname): $file cannot be read: $(head -c 300 "$W/events.errors")" 'look at the disk of the server; take a backup now.'
  fi
  facts=$(awk '
    function list(of,   key, text) { for (key in of) text = text " " key "-" of[key]; return text }
    /^#[0-9]+ +[0-9:]+ server id [0-9]+ +end_log_pos / {
      time = sprintf("20%s-%s-%sT%08s", substr($1, 2, 2), substr($1, 4, 2), substr($1, 6, 2), $2); gsub(/ /, "0", time)
      if (first == "") first = time
      last = time; end = $7
      # The event of each transaction, and the list at the head of the file.
      if (match($0, /\tGTID [0-9]+-[0-9]+-[0-9]+/)) { split(substr($0, RSTART + 6, RLENGTH - 6), g, "-"); after[g[1] "-" g[2]] = g[3] }
    }
    /\tGtid list \[/ { open = 1; text = "" }
    open {
      text = text $0
      if (index($0, "]")) { open = 0; sub(/.*Gtid list \[/, "", text); n = split(text, all, /[^0-9-]+/)
        for (i = 1; i <= n; i++) if (split(all[i], g, "-") == 3) { before[g[1] "-" g[2]] = g[3]; after[g[1] "-" g[2]] = g[3] } }
    }
    END { printf "%sZ\n%sZ\n%s\n%s\n%s\n", first, last, end, list(before), list(after) }' "$W/events")
  local from to end before after
  { read -r from; read -r to; read -r end; read -r before; read -r after; } <<<"$facts"
  result "{\"type\":\"segment\",\"archive\":\"$number\",\"file\":$(json_string "$file"),\"from\":\"$from\",\"to\":\"$to\",\"first\":4,\"last\":$end,\"gtidBefore\":\"$(in_order "$before")\",\"gtidAfter\":\"$(in_order "$after")\",\"bytes\":$(stat -c %s "$W/$file")}"
}

in_order() { tr ' ' '\n' <<<"$1" | sed '/^$/d' | sort | paste -sd' '; }

main
