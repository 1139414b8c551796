#!/bin/bash
# Keeps the mark that says which recovery point stands here, restored ahead.
#
# params: what, component, run, warm.sh; for `end` also mark (JSON, one line), roots (NUL-separated paths) and apart (NUL-separated paths
#         below them that other components restore)
#   begin   what stands here is about to be replaced: nothing is said of it meanwhile
#   end     what stands here is as marked from now on; the copy before is removed where nobody changed it since it was laid out
#   back    the copy before was put back: its mark is true again
# results: removed, kept
# shellcheck disable=SC1090,SC2001

. "$MUSTER_LIB"
. "$(param_file warm.sh)"

main() {
  base=${MUSTER_JOB%/jobs/*}
  run=$(param run)
  component=$(param component)
  folder=$base/warm/$component
  before=$folder.before-$run
  mkdir -p -- "$base/warm"
  case $(param what) in
    begin) begin ;;
    end) end ;;
    back) if [[ -e $before && ! -e $folder ]]; then mv -T -- "$before" "$folder"; fi ;;
    *) refuse BadInput 'This job has nothing to do.' 'begin, end or back.' ;;
  esac
}

begin() {
  [[ -e $folder ]] || return 0
  if [[ -e $before ]]; then rm -rf -- "$folder"; else mv -T -- "$folder" "$before"; fi
}

end() {
  local root
  remove_old
  rm -rf -- "$before" "$folder.new"
  mkdir -m 700 -- "$folder.new"
  cat -- "$(param_file apart)" >"$folder.new/apart"
  while IFS= read -r -d '' root; do
    printf '%s\0%s\0%s\0' "$root" "$(tree_hash "$root")" "$(own_hash "$root" "$root" "$folder.new/apart")" >>"$folder.new/roots"
  done <"$(param_file roots)"
  param mark >"$folder.new/mark"
  sync -- "$folder.new/roots" "$folder.new/apart" "$folder.new/mark"
  rm -rf -- "$folder"
  mv -T -- "$folder.new" "$folder"
}

# Of what the restore renamed aside only that goes which is a copy of a recovery point to the last byte's time.
remove_old() {
  local root old
  while IFS= read -r -d '' root; do
    old=$root.before-$run
    [[ -e $old || -L $old ]] || continue
    if is_copy "$old" "$root"; then
      rm -rf --one-file-system -- "$old"
      result "{\"type\":\"removed\",\"path\":$(json_string "$old")}"
    else
      result "{\"type\":\"kept\",\"path\":$(json_string "$old")}"
    fi
  done <"$(param_file roots)"
}

# is_copy OLD ROOT: as it was marked; or but for what other components restored in it, and that is as they marked it.
is_copy() {
  local old=$1 root=$2 marked whole='' own='' path others=() theirs=()
  if [[ -e $before/roots ]]; then
    while IFS= read -r -d '' marked && IFS= read -r -d '' whole && IFS= read -r -d '' own; do
      [[ $marked != "$root" ]] || break
      whole='' own=''
    done <"$before/roots"
  fi
  [[ -z $whole || $(tree_hash "$old") != "$whole" ]] || return 0
  [[ -d $old && ! -L $old ]] || return 1
  find_others
  # Nothing at all stood here before others made this folder for theirs.
  if [[ -z $whole ]]; then
    ((${#others[@]} > 0)) && is_empty_but "$old" "${others[@]}"
    return
  fi
  [[ $(own_hash "$old" "$root" "$before/apart") == "$own" ]] || return 1
  while IFS= read -r -d '' path; do
    [[ $path != "$root"/* ]] || theirs+=(-o -path "./${path#"$root"/}" -o -path "./${path#"$root"/}/*" -o -path "./${path#"$root"/}.before-*")
  done <"$before/apart"
  is_empty_but "$old" "${others[@]}" '(' -false "${theirs[@]}" ')'
}

# Into `others`, for find: what lies in OLD of other components, just as their marks have it.
find_others() {
  local folder path whole inside
  for folder in "$base"/warm/*/; do
    [[ $folder != "$base/warm/$component/" && $folder != "$base/warm/$component".before-* && -e $folder/roots ]] || continue
    while IFS= read -r -d '' path && IFS= read -r -d '' whole && IFS= read -r -d '' _; do
      inside=${path#"$root"}
      [[ $path == "$root"/* && (-e $old$inside || -L $old$inside) && $(tree_hash "$old$inside") == "$whole" ]] || continue
      others+=(-path ".$(sed 's/[][*?\\]/\\&/g' <<<"$inside")" -prune -o)
    done <"$folder/roots"
  done
}

# is_empty_but TREE [FIND...]: nothing but folders is there, of what find is told to look at.
is_empty_but() {
  local tree=$1
  shift
  [[ -z $(cd -- "$tree" && find . "$@" ! -type d -print -quit) ]]
}

main
