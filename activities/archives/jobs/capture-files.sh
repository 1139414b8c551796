#!/bin/bash
# Captures trees of files: lists, groups into archives, and sends tar | zstd | CMS to the store, several side by side.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: component, point, paths, excludes (one a line), newer-seconds (optional: files changed within), version-from (optional),
#         certificate.pem, archive-bytes, archive-entries, parts.sh, index.sh, path.awk, group.awk, compare.awk, samples.awk, unchanged.awk;
#         for an incremental capture also base (a point), base-index (SHA-256 of its index), base-time (seconds since 1970)
# results: part, archive, kept, full, warning, summary (see activities/archives/capture-results.ts)
# The index of each capture is kept on the host, in clear: it is what the next one compares with.

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file index.sh)"

format='%y\t%m\t%U\t%G\t%u\t%g\t%T@\t%C@\t%s\t%D\t%n\t%i\t%p\0%l\0'
entries_most=$(param archive-entries)
archive_bytes=$(param archive-bytes)

main() {
  need_tools
  prepare_puts
  find_roots
  find_base
  # Lists hold paths below it: ./srv/app.
  cd /
  # The first URLs are signed while the listing is made.
  ask_puts 0 64 &
  local asked=$!
  local started archives entries total
  started=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
  list | changed | awk -v limit="$archive_bytes" -v most="$entries_most" -v out="$W" -f "$(param_file path.awk)" -f "$(param_file group.awk)" >"$W/totals"
  read -r archives entries total <"$W/totals"
  report_kept
  progress 0 "$total" "$entries entries"
  local from
  for ((from = 64; from <= archives; from += 500)); do ask_puts "$from" "$((archives - from < 500 ? archives - from + 1 : 500))"; done
  wait "$asked"
  : >"$W/bytes-done"
  # One more than cores: while one waits for the store, the others compress.
  sort -k 1,1nr "$W/sizes" | cut -d ' ' -f 2- | in_parallel "$(($(cores) + 1))" archive
  send_index
  tell_captured "$started" ",\"index\":\"$index_sha256\",\"holes\":$(holes),\"roots\":$(json_list "${roots[@]}")$(version)"
}

# The plan's paths without leading slash, globs opened, paths below other paths left out.
find_roots() {
  local pattern path kept other
  roots=()
  local all=()
  while IFS= read -r pattern; do
    # Only the glob is opened: no word splitting.
    local IFS='' matches=()
    shopt -s nullglob dotglob
    # shellcheck disable=SC2206
    matches=($pattern)
    shopt -u nullglob dotglob
    unset IFS
    local found=${#all[@]}
    for path in "${matches[@]}"; do
      # A glob also matches what an earlier recovery kept beside the service's own.
      [[ ! $path =~ \.(before|undone)-[a-z-]+-[0-9]{8}-[0-9]{6}-[0-9a-f]+$ && (-e $path || -L $path) ]] && all+=("${path%/}")
    done
    if ((${#all[@]} == found)); then
      refuse PathMissing "$(hostname) has nothing at $pattern." 'correct `paths` of this component in the plan.'
    fi
  done < <(param paths)
  for path in "${all[@]}"; do
    kept=yes
    for other in "${all[@]}"; do [[ $path == "$other"/* ]] && kept=; done
    for other in "${roots[@]}"; do [[ $path == "${other#.}" ]] && kept=; done
    [[ -z $kept ]] || roots+=(".$path")
  done
}

# The listing: parents of the roots first (to be made with their modes where they are absent), then everything below the roots.
list() {
  local path exclude=() keep=()
  while IFS= read -r path; do
    [[ -n $path ]] || continue
    ((${#exclude[@]} == 0)) || exclude+=(-o)
    if [[ $path == */ ]]; then exclude+=(-type d); path=${path%/}; fi
    if [[ $path == /* ]]; then exclude+=(-path ".$path");
    elif [[ $path == */* ]]; then exclude+=(-path "*/$path");
    else exclude+=(-name "$path"); fi
  done < <(param excludes)
  ((${#exclude[@]} == 0)) || exclude=('(' "${exclude[@]}" ')' -prune -o)
  if has_param newer-seconds; then keep=('(' ! -type f -o -newermt "@$(($(date +%s) - $(param newer-seconds)))" ')'); fi
  parents | sort -zu | describe /dev/stdin d
  find "${roots[@]}" "${exclude[@]}" ! -type s "${keep[@]}" -printf "$format" -type f -size +64k -fprintf "$W/large" '%D:%i %s %b\n' \
    2>"$W/find.errors" || find_failed
}

# Bytes of sparse files that take no room.
holes() {
  awk '!seen[$1]++ && $2 > $3 * 512 { sum += $2 - $3 * 512 } END { printf "%.0f", sum }' "$W/large"
}

# describe FILE [TYPE]: what the listing says of each path in a NUL-separated file.
describe() {
  xargs -0 -r -a "$1" sh -c 'format=$1 type=$2; shift 2; exec find "$@" -maxdepth 0 $type -printf "$format"' sh "$format" "${2:+-type $2}"
}

parents() {
  local root parent
  for root in "${roots[@]}"; do
    parent=${root%/*}
    while [[ $parent != . ]]; do
      printf '%s\0' "$parent"
      parent=${parent%/*}
    done
  done
}

# What vanished between reading a folder and looking at its file is no failure; anything else is.
find_failed() {
  # One that was killed says nothing at all.
  if [[ ! -s $W/find.errors ]] || grep -v 'No such file or directory$' "$W/find.errors" >&2; then
    refuse TarFailed "$(hostname): the listing failed: $(head -c 500 "$W/find.errors")" 'mend what it names, then retry.'
  fi
}

# archive 'NUMBER MOST': reads it once, and once more when something changed meanwhile. MOST bytes come out of it if nothing grows.
archive() {
  local n most try code
  read -r n most <<<"$1"
  [[ -e $W/list.$n ]] || return 0
  for try in 1 2; do
    code=0
    : >"$W/tar-status.$n"
    { read_tree "$n" 2>"$W/tar-errors.$n" || echo $? >"$W/tar-status.$n"; } |
      zstd -q -1 --single-thread | put_parts "$n" "$try" "$most" || code=$?
    # Something has grown beyond a part: it is read again, in parts.
    if ((code == 153 && try == 1)); then
      most=
      continue
    fi
    ((code == 0)) || exit "$code"
    look_again "$n"
    tar_trouble "$n"
    # The usual case, nothing changed, is short.
    if [[ ! -s $W/torn.$n ]] && cmp -s "$W/now.$n" "$W/list.$n"; then break; fi
    compare gone "$n" >"$W/gone.$n"
    report vanished "$W/gone.$n"
    compare changed "$n" >"$W/changed.$n"
    if [[ $try == 2 || (! -s $W/changed.$n && ! -s $W/torn.$n) ]]; then break; fi
    mv -- "$W/now.$n" "$W/list.$n"
    names "$W/list.$n" >"$W/names.$n"
  done
  report_torn "$n"
  compare flag "$n" >"$W/index.$n"
  finish_archive "$n" "$try"
}

# Records of 64 KiB instead of 10: fewer and larger writes to the pipe.
read_tree() {
  tar -C / -b 128 --posix --pax-option=delete=atime,delete=ctime --sparse --xattrs --acls --no-recursion --quoting-style=c \
    --null -T "$W/names.$1" -cf -
}

# The same listing again, of what is still there.
look_again() {
  describe "$W/names.$1" >"$W/now.$1" 2>"$W/find.errors.$1" || true
  if [[ -s $W/find.errors.$1 ]] && grep -v 'No such file or directory$' "$W/find.errors.$1" >&2; then
    refuse TarFailed "$(hostname): looking again failed: $(head -c 500 "$W/find.errors.$1")" 'mend what it names, then retry.'
  fi
}

# compare MODE ARCHIVE, see compare.awk.
compare() {
  awk -v "mode=$1" -v "archive=$2" -v "totals=$W/totals.$2" -f "$MUSTER_JOB/params/path.awk" -f "$MUSTER_JOB/params/compare.awk" file=1 "$W/now.$2" file=2 "$W/list.$2"
}

# Sorts tar's complaints: vanished and changed files are expected on a living system, anything else is a failure.
tar_trouble() {
  local line
  : >"$W/torn.$1"
  while IFS= read -r line; do
    case $line in
      *'": Cannot stat: No such file or directory' | *'": Cannot open: No such file or directory') ;;
      *'": File removed before we read it' | 'tar: Exiting with failure status due to previous errors') ;;
      'tar: "'*'": file changed as we read it') quoted torn "$line" >>"$W/torn.$1" ;;
      'tar: "'*'": File shrank by '*) quoted shrunk "$line" >>"$W/torn.$1" ;;
      'tar: '*': Warning: '*) ;;
      *) refuse TarFailed "$(hostname): tar says: ${line:0:500}" 'mend what it names, then retry this step.' ;;
    esac
  done <"$W/tar-errors.$1"
  if [[ -s $W/tar-status.$1 && ! -s $W/tar-errors.$1 ]]; then
    refuse TarFailed "$(hostname): tar ended with status $(cat "$W/tar-status.$1") and said nothing." 'retry this step.'
  fi
}

quoted() {
  local path=${2#tar: }
  printf '%s %s\n' "$1" "$(printf '%s' "${path%\": *}\"" | base64 -w 0)"
}

report() {
  local path count=0
  while IFS= read -r -d '' path; do
    count=$((count + 1))
    if ((count > 200)); then break; fi
    result "{\"type\":\"warning\",\"kind\":\"$1\",\"path\":\"$(printf '%s' "$path" | base64 -w 0)\"}"
  done <"$2"
}

report_torn() {
  local kind path
  [[ -s $W/torn.$1 ]] || return 0
  while read -r kind path; do
    result "{\"type\":\"warning\",\"kind\":\"$kind\",\"quoted\":\"$path\"}"
  done < <(head -n 200 "$W/torn.$1")
}

names() {
  awk "$(param path.awk)"'
    BEGIN { RS = "\0" } NR % 2 { printf "%s%c", path_of($0), 0 }' "$1"
}

# `entries` counts what tar was given. Where the index has fewer, a restore unpacks only what the index names.
finish_archive() {
  local entries bytes
  read -r entries bytes <"$W/totals.$1"
  result "{\"type\":\"archive\",\"archive\":\"$1\",\"try\":$2,\"entries\":$entries,\"bytes\":$bytes}"
  tell_done "$bytes" "$total"
  rm -f "$W"/{list,names,now,gone,changed,torn,totals,tar-status,tar-errors,find.errors}."$1"
}

version() {
  local from tag commit
  has_param version-from || return 0
  from=$(param version-from)
  command -v git >/dev/null || return 0
  tag=$(git -c safe.directory='*' -C "$from" describe --tags --always 2>/dev/null) || return 0
  commit=$(git -c safe.directory='*' -C "$from" rev-parse HEAD 2>/dev/null) || return 0
  printf ',"version":%s,"commit":%s' "$(json_string "$tag")" "$(json_string "$commit")"
}

# Paths as a JSON list of base64, because a path is bytes.
json_list() {
  local item list=
  for item in "$@"; do list+="${list:+,}\"$(printf '%s' "${item#.}" | base64 -w 0)\""; done
  printf '[%s]' "$list"
}

main
