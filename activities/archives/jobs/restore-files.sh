#!/bin/bash
# Restores trees of files: into a staging place next to the first root, checked against the index, then switched in by rename.
# Finished archives are marked in the staging place, so that a job after a reboot goes on where the last one was.
#
# params: point, run, component, parts, gets, locations, archives (`number entries bytes`), roots (NUL-separated, with ./),
#         bytes, archive-bytes (of whole archives), entries, permissions (`path owner mode recursive`, tab-separated), after (NUL-separated), expected (NUL-separated),
#         parts.sh, differ.awk
# secrets: key.<point> (private keys of the points that its archives belong to)
# results: repaired, done-already, kept, summary
# For undo-files.sh it notes in restored/: `.stage` (the staging place) and `.switched` (NUL-separated triples, each before its act:
# `made FOLDER -`, `root LIVE OLD`).
# Hints name keys of the plan in backticks.
# shellcheck disable=SC2016

. "$MUSTER_LIB"
. "$(param_file parts.sh)"

format='%y\t%m\t%U\t%G\t%u\t%g\t%T@\t%C@\t%s\t%D\t%n\t%i\t%p\0%l\0'

main() {
  need_tools tar
  mapfile -d '' -t roots <"$(param_file roots)"
  run=$(param run)
  done_mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$(param point).$run
  if [[ -e $done_mark ]]; then
    result "{\"type\":\"done-already\",\"at\":$(json_string "$(cat "$done_mark")")}"
    exit 0
  fi
  refuse_impossible
  local start=${roots[0]#.}
  start=$(existing "${start%/*}")
  stage=${start%/}/.muster-$(param component)-$(param point)-$run
  if [[ ! -d $stage ]]; then need_room "$start" "$(($(param bytes) + $(param entries) * 1024))" 'the restore'; fi
  need_room "$W" "$((128 * 1048576))" 'the fetched parts'
  mkdir -p -- "${done_mark%/*}"
  printf '%s' "$stage" >"$done_mark.stage"
  mkdir -p -- "$stage"
  chmod 700 -- "$stage"
  mkdir -p -- "$stage/done" "$stage/tree"
  if [[ ! -e $stage/checked ]]; then
    open_archive index | zstd -dq >"$W/index"
    # How many entries the index has of each archive.
    awk 'BEGIN { RS = "\0"; FS = "\t" } NR % 2 { n[$1]++ } END { for (each in n) print each, n[each] }' "$W/index" >"$W/counts"
    unpack
    check_tree
    set_permissions "$stage/tree"
    touch -- "$stage/checked"
  fi
  switch_in
  set_permissions ''
  look_for_expected
  run_after
  date -u +%Y-%m-%dT%H:%M:%SZ >"$done_mark"
  rm -rf -- "$stage"
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)"),\"entries\":$(param entries),\"bytes\":$(param bytes)}"
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
    if [[ ${root#./} != */* && -d ${root#.} ]] || mountpoint -q -- "${root#.}" 2>/dev/null; then
      refuse CannotSwitch "$(hostname): ${root#.} cannot be replaced by a rename." \
        'name the folders below it in `paths` of this component, and take a new recovery point.'
    fi
  done
}

unpack() {
  local entries bytes number
  progress 0 "$(param archive-bytes)"
  : >"$W/bytes-done"
  # Two more than cores: while some wait for the store, the others unpack.
  awk '$1 != 0' "$(param_file archives)" | in_parallel "$(($(cores) + 2))" unpack_archive
  # Folders come last, all of them: what was unpacked into them has changed their times.
  while read -r number entries bytes; do
    [[ $number != 0 ]] || unpack_archive "$number $entries $bytes"
  done <"$(param_file archives)"
}

unpack_archive() {
  local number entries bytes
  read -r number entries bytes <<<"$1"
  if [[ ! -e $stage/done/$number ]]; then
    # Only what the index names is unpacked; where the archive holds nothing else, the list is not needed.
    local only=() named
    named=$(awk -v n="$number" '$1 == n { print $2 }' "$W/counts")
    if [[ ${named:-0} != "$entries" ]]; then
      members "$number" >"$W/members.$number"
      only=(--no-wildcards --anchored --no-recursion --null -T "$W/members.$number")
    fi
    # An empty list would mean everything to tar.
    if [[ -n $named ]]; then
      open_archive "$number" | zstd -dq | extract "${only[@]}"
    fi
    rm -f -- "$W/members.$number"
    touch -- "$stage/done/$number"
  fi
  echo "$bytes" >>"$W/bytes-done"
  progress "$(awk '{ n += $1 } END { printf "%.0f", n }' "$W/bytes-done")" "$(param archive-bytes)"
}

# tar stops at the end of the archive; what is left of its last record must not break the pipe. Records of 64 KiB: fewer reads.
extract() {
  tar -C "$stage/tree" -b 128 -B -xpf - --warning=no-timestamp --same-owner --xattrs --xattrs-include='*' --acls "$@" &&
    cat >/dev/null
}

members() {
  awk -v archive="$1" 'BEGIN { RS = "\0" } NR % 2 && $0 ~ "^" archive "\t" { for (i = 0; i < 15; i++) $0 = substr($0, index($0, "\t") + 1); printf "%s%c", $0, 0 }' "$W/index"
}

# The staged tree against the index: everything is there, with its type, size, time, owner and mode, and the sampled content.
check_tree() {
  (cd "$stage/tree" && find "${roots[@]}" -printf "$format") >"$W/there"
  # Parents of the roots stand in the index too, for hosts where they are absent; they are not part of what is compared.
  awk -v roots="$(printf '%s\n' "${roots[@]}")" 'BEGIN { RS = "\0"; n = split(roots, root, "\n") }
    NR % 2 { record = $0; path = $0; for (i = 0; i < 15; i++) path = substr(path, index(path, "\t") + 1); keep = 0
      for (i = 1; i <= n; i++) if (path == root[i] || index(path, root[i] "/") == 1) keep = 1; next }
    keep { printf "%s%c%s%c", record, 0, $0, 0 }' "$W/index" >"$W/index.roots"
  awk -f "$(param_file differ.awk)" file=1 "$W/index.roots" file=2 "$W/there" >"$W/differs"
  awk 'BEGIN { RS = "\0"; FS = "\t" } NR % 2 && $15 != "-" { path = $0; for (i = 0; i < 15; i++) path = substr(path, index(path, "\t") + 1); printf "%s  %s%c", $15, path, 0 }' "$W/index.roots" >"$W/samples"
  (cd "$stage/tree" && cut -z -c 67- "$W/samples" | xargs -0 -r sha256sum -z --) >"$W/sampled"
  cmp -s "$W/samples" "$W/sampled" || printf 'content\t%s\0' "$(cmp "$W/samples" "$W/sampled" | head -n 1)" >>"$W/differs"
  if [[ -s $W/differs ]]; then
    # A power cut may have taken data of what was marked as done: the next attempt unpacks everything again.
    rm -rf -- "$stage/done"
    refuse RestoredTreeDiffers "$(hostname): $(tr -cd '\0' <"$W/differs" | wc -c) restored files differ from the index, the first: $(head -z -n 3 "$W/differs" | tr '\t\0' ' ;')." \
      'restore an earlier recovery point; the staging place is kept for a look.'
  fi
  rm -f -- "$W/there" "$W/index.roots" "$W/differs"
}

# Runbook step 9. With a folder: what lies below it (staged, before it is seen); without: what was not staged.
set_permissions() {
  local under=$1 path owner mode recursive flags folder
  while IFS=$'\t' read -r path owner mode recursive; do
    [[ -n $path ]] || continue
    if staged "$path"; then [[ -n $under ]] || continue; else [[ -z $under ]] || continue; fi
    [[ -e $under$path || -L $under$path ]] || continue
    # What is staged may hold links to anywhere: nothing outside of it is changed through them.
    if [[ $under ]]; then
      folder=$(realpath -- "$under${path%/*}/")
      [[ $folder/ == "$(realpath -- "$under")"/* ]] || continue
    fi
    flags=()
    if [[ $recursive == true ]]; then flags=(-R); fi
    if [[ $owner != - ]]; then chown -h "${flags[@]}" -- "$owner" "$under$path" || refuse_owner "$owner" "$path"; fi
    if [[ $mode != - && ! -L $under$path ]]; then chmod "${flags[@]}" -- "$mode" "$under$path"; fi
  done <"$(param_file permissions)"
}

refuse_owner() {
  refuse OwnerUnknown "$(hostname) cannot give $2 to $1." 'create that user and group there, then retry this step.'
}

staged() {
  local root
  for root in "${roots[@]}"; do
    [[ $1 == "${root#.}" || $1 == "${root#.}"/* ]] && return 0
  done
  return 1
}

# Each root by rename; what was there is kept beside it. Interrupted anywhere, it goes on.
switch_in() {
  local root live ready old
  for root in "${roots[@]}"; do
    live=${root#.}
    ready=$stage/tree${live}
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
    if [[ -d $stage/tree$path ]]; then
      chown --reference="$stage/tree$path" -- "$path"
      chmod --reference="$stage/tree$path" -- "$path"
    fi
  done
}

look_for_expected() {
  local path
  while IFS= read -r -d '' path; do
    if [[ ! -e $path ]]; then
      refuse ExpectedMissing "$(hostname): $path is not there after the restore." 'see `expected` in the plan, or restore another recovery point.'
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
