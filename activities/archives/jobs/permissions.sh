# shellcheck shell=bash
# Owners and modes of the plan for what restore-files.sh brings back. Sourced by it: uses its `roots` and `stage`.

# shellcheck disable=SC2154
# Runbook step 9. With a folder: what lies below it (staged, before it is seen); without: what was not staged.
set_permissions() {
  local under=$1 path owner mode recursive flags folder
  while IFS=$'\t' read -r path owner mode recursive; do
    [[ -n $path ]] || continue
    if staged "$path"; then [[ -n $under ]] || continue;
    elif [[ -n $under && $recursive == true ]]; then give_below "$path" "$owner" "$mode"; continue;
    else [[ -z $under ]] || continue; fi
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

# give_below PATH OWNER MODE: to the staged roots that lie below a path of which they are only a part.
give_below() {
  local root
  for root in "${roots[@]}"; do
    [[ ${root#.} == "$1"/* ]] || continue
    if [[ $2 != - ]]; then chown -hR -- "$2" "$stage/tree${root#.}" || refuse_owner "$2" "${root#.}"; fi
    if [[ $3 != - && ! -L $stage/tree${root#.} ]]; then chmod -R -- "$3" "$stage/tree${root#.}"; fi
  done
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
