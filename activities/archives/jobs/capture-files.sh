#!/bin/bash
# Captures trees of files: lists, groups into archives, and sends tar | zstd | CMS to the store, several side by side.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: paths, excludes (one a line), newer-seconds (optional: files changed within), version-from (optional), certificate.pem,
#         archive-bytes, archive-entries, parts.sh, group.awk, compare.awk, samples.awk
# results: part, archive, index, warning, summary (see activities/archives/capture-results.ts)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"

format='%y\t%m\t%U\t%G\t%u\t%g\t%T@\t%C@\t%s\t%D\t%n\t%i\t%p\0%l\0'
entries_most=$(param archive-entries)
archive_bytes=$(param archive-bytes)

main() {
  need_tools
  prepare_puts
  find_roots
  # The first URLs are signed while the listing is made.
  ask_puts 0 64 &
  local asked=$!
  local started archives entries bytes
  started=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
  list >"$W/listing"
  read -r archives entries bytes < <(awk -v limit="$archive_bytes" -v most="$entries_most" -v out="$W" -f "$(param_file group.awk)" "$W/listing")
  rm -f "$W/listing"
  progress 0 "$bytes" "$entries entries"
  echo "$bytes" >"$W/total"
  local from
  for ((from = 64; from <= archives; from += 500)); do ask_puts "$from" "$((archives - from < 500 ? archives - from + 1 : 500))"; done
  wait "$asked"
  : >"$W/bytes-done"
  # One more than cores: while one waits for the store, the others compress.
  sort -k 1,1nr "$W/sizes" | cut -d ' ' -f 2 | in_parallel "$(($(cores) + 1))" archive
  send_index
  result "{\"type\":\"summary\",\"token\":\"$token\",\"hostname\":$(json_string "$(hostname)"),\"takenAt\":\"$started\",\"finishedAt\":\"$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)\",\"roots\":$(json_list "${roots[@]}")$(version)}"
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
  cd /
  parents | sort -zu | xargs -0 -r sh -c 'format=$1; shift; exec find "$@" -maxdepth 0 -type d -printf "$format"' sh "$format"
  find "${roots[@]}" "${exclude[@]}" ! -type s "${keep[@]}" -printf "$format" 2>"$W/find.errors" || find_failed
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

# archive NUMBER: reads it once, and once more when something changed meanwhile.
archive() {
  local n=$1 try most
  [[ -e $W/list.$n ]] || return 0
  most=$(most_bytes "$n")
  for try in 1 2; do
    rm -f "$W/tar-status.$n"
    { read_tree "$n" 2>"$W/tar-errors.$n" || echo $? >"$W/tar-status.$n"; } | zstd -q -1 -T1 | put_parts "$n" "$try" "$most"
    look_again "$n"
    tar_trouble "$n"
    compare changed "$n" >"$W/changed.$n"
    if [[ ! -s $W/changed.$n && ! -s $W/torn.$n ]]; then break; fi
    ((try == 1)) || break
    report vanished "$W/gone.$n"
    mv -- "$W/now.$n" "$W/list.$n"
    names "$W/list.$n" >"$W/names.$n"
  done
  report vanished "$W/gone.$n"
  report_torn "$n"
  compare flag "$n" >"$W/index.$n"
  finish_archive "$n" "$((try > 2 ? 2 : try))"
}

# No more than this can come out for an archive of small files, even if they grow a little and nothing can be compressed.
most_bytes() {
  awk 'BEGIN { RS = "\0"; FS = "\t" } NR % 2 { b += ($1 == "f" ? $9 : 0) + 3072 + length($0) * 2 } END { printf "%.0f", b * 1.01 + 65536 }' "$W/list.$1"
}

read_tree() {
  tar -C / --posix --pax-option=delete=atime,delete=ctime --sparse --xattrs --acls --no-recursion --quoting-style=c \
    --null -T "$W/names.$1" -cf -
}

# The same listing again, of what is still there.
look_again() {
  (cd / && xargs -0 -r -a "$W/names.$1" sh -c 'format=$1; shift; exec find "$@" -maxdepth 0 -printf "$format"' sh "$format") \
    >"$W/now.$1" 2>"$W/find.errors.$1" || true
  if grep -v 'No such file or directory$' "$W/find.errors.$1" >&2; then
    refuse TarFailed "$(hostname): looking again failed: $(head -c 500 "$W/find.errors.$1")" 'mend what it names, then retry.'
  fi
  compare gone "$1" >"$W/gone.$1"
}

# compare MODE ARCHIVE, see compare.awk; the usual case, nothing changed, is short.
compare() {
  if ! cmp -s "$W/now.$2" "$W/list.$2"; then
    awk -v "mode=$1" -v "archive=$2" -f "$(param_file compare.awk)" file=1 "$W/now.$2" file=2 "$W/list.$2"
  elif [[ $1 == flag ]]; then
    awk -v "archive=$2" 'BEGIN { RS = "\0" } NR % 2 { printf "%s\t=\t%s%c", archive, $0, 0; next } { printf "%s%c", $0, 0 }' "$W/now.$2"
  fi
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
  while read -r kind path; do
    result "{\"type\":\"warning\",\"kind\":\"$kind\",\"quoted\":\"$path\"}"
  done < <(head -n 200 "$W/torn.$1")
}

names() { awk 'BEGIN { RS = "\0" } NR % 2 { for (i = 0; i < 12; i++) $0 = substr($0, index($0, "\t") + 1); printf "%s%c", $0, 0 }' "$1"; }

# `entries` counts what tar was given. Where the index has fewer, a restore unpacks only what the index names.
finish_archive() {
  local entries bytes
  entries=$(tr -cd '\0' <"$W/names.$1" | wc -c)
  bytes=$(awk 'BEGIN { RS = "\0"; FS = "\t" } NR % 2 { if ($3 == "f" && ($13 == 1 || !seen[$12 ":" $14]++)) b += $11 } END { printf "%.0f", b }' "$W/index.$1")
  result "{\"type\":\"archive\",\"archive\":\"$1\",\"try\":$2,\"entries\":$entries,\"bytes\":$bytes}"
  echo "$bytes" >>"$W/bytes-done"
  progress "$(awk '{ n += $1 } END { printf "%.0f", n }' "$W/bytes-done")" "$(cat "$W/total")"
  rm -f "$W/list.$1" "$W/names.$1" "$W/now.$1" "$W/gone.$1" "$W/changed.$1"
}

# The index, with the SHA-256 of up to 200 small unchanged files spread over the tree: proof of content for a restore.
send_index() {
  local whole=$W/index.all
  find "$W" -maxdepth 1 -name 'index.[0-9]*' -print0 | sort -zV | xargs -0 cat >"$whole"
  awk 'BEGIN { RS = "\0"; FS = "\t" } NR % 2 && $2 == "=" && $3 == "f" && $11 > 0 && $11 <= 1048576 { n++; path = $0; for (i = 0; i < 14; i++) path = substr(path, index(path, "\t") + 1); paths[n] = path }
    END { step = n > 200 ? n / 200 : 1; for (i = 1; i <= n; i += step) printf "%s%c", paths[int(i)], 0 }' "$whole" >"$W/sampled"
  (cd / && xargs -0 -r -a "$W/sampled" sha256sum -z --) >"$W/samples" 2>/dev/null || true
  (cd / && xargs -0 -r -a "$W/sampled" sh -c 'format=$1; shift; exec find "$@" -maxdepth 0 -printf "$format"' sh "$format") >"$W/sampled.now" 2>/dev/null || true
  awk -f "$(param_file samples.awk)" file=1 "$W/sampled.now" file=2 "$W/samples" file=3 "$whole" | zstd -q -3 | put_parts index 1
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
