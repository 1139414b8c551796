#!/bin/bash
# Restores trees of files: into a staging place next to the first root, checked against the index, then switched in by rename.
# Finished archives are marked in the staging place, so that a job after a reboot goes on where the last one was.
#
# params: point, run, component, parts, gets, locations, archives (`number entries bytes`), roots (NUL-separated, with ./),
#         bytes, room (bytes it takes on a disk), archive-bytes (of whole archives), entries, permissions (`path owner mode recursive`, tab-separated),
#         after (NUL-separated), expected (NUL-separated),
#         parts.sh, permissions.sh, path.awk, below.awk, plain.awk, differ.awk
#         wanted (NUL-separated, with ./; optional): only these paths, each switched in by itself; only the archives that hold them
#         are fetched. needs choose.awk
#         into (optional): a folder below which the tree is laid out; nothing that is there is replaced
# secrets: key.<point> (private keys of the points that its archives belong to)
# results: repaired, done-already, kept, summary
# For undo-files.sh it notes in restored/: `.stage` (the staging place) and `.switched` (NUL-separated triples, each before its act:
# `made FOLDER -`, `root LIVE OLD`).
# Hints name keys of the plan in backticks.
# shellcheck disable=SC1090,SC2016,SC2154

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file permissions.sh)"

format='%y\t%m\t%U\t%G\t%u\t%g\t%T@\t%C@\t%s\t%D\t%n\t%i\t%p\0%l\0'

main() {
  need_tools tar
  mapfile -d '' -t roots <"$(param_file roots)"
  run=$(param run)
  bytes=$(param bytes)
  room=$(param room)
  entries=$(param entries)
  done_mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$(param point).$run
  if [[ -e $done_mark ]]; then
    result "{\"type\":\"done-already\",\"at\":$(json_string "$(cat "$done_mark")")}"
    exit 0
  fi
  into=$(param into '')
  need_room "$W" "$((128 * 1048576))" 'the fetched parts'
  if has_param wanted; then choose_roots; fi
  refuse_impossible
  local start=${roots[0]#.}
  if [[ $into ]]; then make_into; start=$into; else start=$(existing "${start%/*}"); fi
  stage=${start%/}/.muster-$(param component)-$(param point)-$run
  if [[ ! -d $stage ]]; then need_room "$start" "$((room + entries * 1024))" 'the restore'; fi
  mkdir -p -- "${done_mark%/*}"
  printf '%s' "$stage" >"$done_mark.stage"
  mkdir -p -- "$stage"
  chmod 700 -- "$stage"
  mkdir -p -- "$stage/done" "$stage/tree"
  if [[ ! -e $stage/checked ]]; then
    [[ -e $W/index ]] || open_archive index | inflate >"$W/index"
    unpack
    check_tree
    [[ $into ]] || set_permissions "$stage/tree"
    touch -- "$stage/checked"
  fi
  switch_in
  [[ $into ]] || has_param wanted || set_permissions ''
  look_for_expected
  [[ $into ]] || run_after
  date -u +%Y-%m-%dT%H:%M:%SZ >"$done_mark"
  rm -rf -- "$stage"
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)"),\"entries\":$entries,\"bytes\":$bytes}"
}

# The index is cut down to what is wanted, and the roots are what is wanted of it: archives that hold nothing else are not fetched.
choose_roots() {
  open_archive index | inflate >"$W/index.all"
  awk -v out="$W" -f "$(param_file path.awk)" -f "$(param_file choose.awk)" file=1 "$(param_file roots)" file=2 "$(param_file wanted)" \
    file=3 "$W/index.all" file=4 "$W/index.all" >"$W/index"
  if [[ -s $W/absent ]]; then
    refuse PathMissing "Recovery point $(param point) does not have $(head -n 3 "$W/absent" | tr '\n' ' ')in $(param component)." \
      'look for it in another recovery point or under another name; what the plan excludes is in none.'
  fi
  mapfile -d '' -t roots <"$W/roots"
  read -r entries bytes <"$W/totals"
  room=$((bytes < room ? bytes : room))
  rm -f -- "$W/index.all"
}

# A place of its own: others need not read what the point holds.
make_into() {
  [[ -d $into ]] || (umask 077 && mkdir -p -- "$into")
}

# The nearest folder that is there.
existing() {
  local path=${1:-/}
  while [[ ! -d $path ]]; do path=${path%/*}; path=${path:-/}; done
  printf '%s' "$path"
}

# A rename replaces a root as a whole, so a root must not be a mount point or a folder the system itself lives in.
refuse_impossible() {
  local root
  for root in "${roots[@]}"; do
    if [[ $into ]]; then
      if [[ -e $into${root#.} || -L $into${root#.} ]] && ! grep -qzxF -- "$into${root#.}" "$done_mark.switched" 2>/dev/null; then
        refuse IntoTaken "$(hostname): $into${root#.} is there already." 'name an empty folder; nothing that is there is replaced.'
      fi
      continue
    fi
    if [[ ${root#./} != */* && -d ${root#.} ]] || mountpoint -q -- "${root#.}" 2>/dev/null; then
      refuse CannotSwitch "$(hostname): ${root#.} cannot be replaced by a rename." \
        'name the folders below it in `paths` of this component, and take a new recovery point.'
    fi
  done
}

unpack() {
  local number each total
  total=$(param archive-bytes)
  progress 0 "$total"
  : >"$W/bytes-done"
  count_named
  # The largest first, so that none of them is left over at the end. One more than cores: while one waits for the store, the
  # others unpack. What the tree is checked against is made among them, so that no core waits for it afterwards.
  { awk '$1 != 0' "$(param_file archives)" | sort -k 3,3nr; echo check; } | in_parallel "$(($(cores) + 1))" unpack_or_prepare
  empty_lanes
  # Folders come last, all of them: what was unpacked into them has changed their times.
  while read -r number each; do
    [[ $number != 0 ]] || unpack_archive "$number $each"
  done <"$(param_file archives)"
}

unpack_or_prepare() { if [[ $1 == check ]]; then prepare_check; else unpack_archive "$1"; fi; }

# How many entries the index has of each archive.
count_named() {
  declare -gA named=()
  local archive count
  while read -r archive count; do named[$archive]=$count; done < <(
    awk 'BEGIN { RS = "\0"; FS = "\t" } NR % 2 { n[$1]++ } END { for (each in n) print each, n[each] }' "$W/index"
  )
}

unpack_archive() {
  local number entries bytes
  read -r number entries bytes <<<"$1"
  if [[ ! -e $stage/done/$number ]]; then
    # Only what the index names is unpacked; where the archive holds nothing else, the list is not needed.
    local only=()
    if [[ ${named[$number]-0} != "$entries" ]]; then
      members "$number" >"$W/members.$number"
      only=(--no-wildcards --anchored --no-recursion --null -T "$W/members.$number")
    fi
    # An empty list would mean everything to tar.
    if [[ ${named[$number]-} ]]; then
      # Descriptor 4 is the pipe to tar, for who widens it.
      { open_archive "$number" | inflate >&4; } 4>&1 | extract "${only[@]}"
      : >"$stage/done/$number"
    fi
    ((${#only[@]} == 0)) || rm -f -- "$W/members.$number"
  fi
  tell_done "$bytes" "$total"
}

# Without --ignore-zeros tar stops at the end of the archive, and what is left of its last record breaks the pipe. Records of 512 KiB: fewer
# reads.
extract() {
  exec tar -C "$stage/tree" -b 1024 -B -xpf - --ignore-zeros --warning=no-timestamp --same-owner --xattrs --xattrs-include='*' --acls "$@"
}

# As plain.awk puts the index.
list_plainly() {
  (
    cd "$stage/tree" &&
      find "${roots[@]}" -type d -printf 'd\t%m\t%u\t%g\t%p\0' -o -type l -printf 'l\t%u\t%g\t%s\t%p\t%l\0' -o -printf '%y\t%m\t%u\t%g\t%s\t%T@\t%p\0'
  ) | sort -z
}

members() {
  awk -v "archive=$1" "$(param path.awk)"'
    BEGIN { RS = "\0" } NR % 2 && index($0, archive "\t") == 1 { printf "%s%c", path_of($0), 0 }' "$W/index"
}

# What the staged tree is held against.
prepare_check() {
  # Parents of the roots stand in the index too, for hosts where they are absent; they are not part of what is compared.
  awk -v roots="$(printf '%s\n' "${roots[@]}")" -f "$(param_file path.awk)" -f "$(param_file below.awk)" "$W/index" >"$W/index.roots"
  awk -f "$(param_file path.awk)" -f "$(param_file plain.awk)" "$W/index.roots" | sort -z >"$W/expected"
  awk "$(param path.awk)"'
    BEGIN { RS = "\0"; FS = "\t" } NR % 2 && $15 != "-" { printf "%s  %s%c", $15, path_of($0), 0 }' "$W/index.roots" >"$W/samples"
}

# The staged tree against the index: everything is there, with its type, size, time, owner and mode, and the sampled content.
check_tree() {
  (cd "$stage/tree" && cut -z -c 67- "$W/samples" | xargs -0 -r sha256sum -z --) >"$W/sampled" &
  : >"$W/differs"
  # The usual case, nothing differs at all, is short.
  if ! list_plainly | cmp -s "$W/expected" -; then
    (cd "$stage/tree" && find "${roots[@]}" -printf "$format") |
      awk -f "$(param_file path.awk)" -f "$(param_file differ.awk)" file=1 "$W/index.roots" file=2 /dev/stdin >"$W/differs"
  fi
  # What is not there has no hash, and is told as missing.
  wait $! || :
  cmp -s "$W/samples" "$W/sampled" || printf 'content\t%s\0' "$(cmp "$W/samples" "$W/sampled" | head -n 1)" >>"$W/differs"
  if [[ -s $W/differs ]]; then
    # A power cut may have taken data of what was marked as done: the next attempt unpacks everything again.
    rm -rf -- "$stage/done"
    refuse RestoredTreeDiffers "$(hostname): $(tr -cd '\0' <"$W/differs" | wc -c) restored files differ from the index, the first: $(head -z -n 3 "$W/differs" | tr '\t\0' ' ;')." \
      'restore an earlier recovery point; the staging place is kept for a look.'
  fi
  rm -f -- "$W/index.roots" "$W/differs"
}

# Each root by rename; what was there is kept beside it. Interrupted anywhere, it goes on.
switch_in() {
  local root live ready old
  for root in "${roots[@]}"; do
    live=$into${root#.}
    ready=$stage/tree${root#.}
    old=$live.before-$run
    [[ -e $ready || -L $ready ]] || continue
    make_parents "$live"
    if [[ $(stat -c %d -- "$stage/tree") != $(stat -c %d -- "${live%/*}/") ]]; then
      # Another file system: copied beside its place first, so that the switch itself is a rename again.
      rm -rf -- "$live.restoring-$run"
      cp -a -- "$ready" "$live.restoring-$run"
    fi
    if [[ -e $live || -L $live ]]; then
      # Interrupted between the two renames, and someone made the root anew: nothing of it is lost.
      while [[ -e $old || -L $old ]]; do old+=-again; done
      printf 'root\0%s\0%s\0' "$live" "$old" >>"$done_mark.switched"
      mv -T -- "$live" "$old"
    elif [[ ! -e $old && ! -L $old ]]; then
      printf 'root\0%s\0\0' "$live" >>"$done_mark.switched"
    fi
    if [[ -e $live.restoring-$run || -L $live.restoring-$run ]]; then
      mv -T -- "$live.restoring-$run" "$live"
      rm -rf -- "$ready"
    else
      mv -T -- "$ready" "$live"
    fi
    if [[ -e $old || -L $old ]]; then result "{\"type\":\"kept\",\"path\":$(json_string "$old")}"; fi
  done
}

# Absent parents, as they were at the source.
make_parents() {
  local parent=${1%/*} path='' name
  local IFS=/
  for name in ${parent#/}; do
    path=$path/$name
    [[ -d $path ]] && continue
    printf 'made\0%s\0-\0' "$path" >>"$done_mark.switched"
    mkdir -- "$path"
    if [[ -d $stage/tree${path#"$into"} ]]; then
      chown --reference="$stage/tree${path#"$into"}" -- "$path"
      chmod --reference="$stage/tree${path#"$into"}" -- "$path"
    fi
  done
}

look_for_expected() {
  local path
  while IFS= read -r -d '' path; do
    if [[ $into ]] || has_param wanted; then staged "$path" || continue; fi
    if [[ ! -e $into$path ]]; then
      refuse ExpectedMissing "$(hostname): $into$path is not there after the restore." 'see `expected` in the plan, or restore another recovery point.'
    fi
  done <"$(param_file expected)"
}

run_after() {
  local command
  while IFS= read -r -d '' command; do
    if ! bash -c "$command" >"$W/after" 2>&1; then
      refuse AfterRestoreFailed "$(hostname): \`$command\` failed: $(tail -c 500 "$W/after")" 'mend it on the host, then retry this step.'
    fi
  done <"$(param_file after)"
}

main
