#!/bin/bash
# Keeps the mark that says which recovery point stands here, restored ahead.
#
# params: what, component, run, warm.sh; for `end` also mark (JSON, one line) and roots (NUL-separated paths)
#   begin   what stands here is about to be replaced: nothing is said of it meanwhile
#   end     what stands here is as marked from now on; the copy before is removed where nobody changed it since it was laid out
#   back    the copy before was put back: its mark is true again
# results: removed, kept
# shellcheck disable=SC1090

. "$MUSTER_LIB"
. "$(param_file warm.sh)"

main() {
  base=${MUSTER_JOB%/jobs/*}
  run=$(param run)
  folder=$base/warm/$(param component)
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
  if [[ -e $before/roots ]]; then remove_old; fi
  rm -rf -- "$before" "$folder.new"
  mkdir -m 700 -- "$folder.new"
  while IFS= read -r -d '' root; do
    printf '%s\0%s\0' "$root" "$(tree_hash "$root")" >>"$folder.new/roots"
  done <"$(param_file roots)"
  param mark >"$folder.new/mark"
  sync -- "$folder.new/roots" "$folder.new/mark"
  rm -rf -- "$folder"
  mv -T -- "$folder.new" "$folder"
}

# Of what the restore renamed aside only that goes which is a copy of a recovery point to the last byte's time.
remove_old() {
  local root hash old
  while IFS= read -r -d '' root && IFS= read -r -d '' hash; do
    old=$root.before-$run
    [[ -e $old || -L $old ]] || continue
    if [[ $(tree_hash "$old") == "$hash" ]]; then
      rm -rf --one-file-system -- "$old"
      result "{\"type\":\"removed\",\"path\":$(json_string "$old")}"
    else
      result "{\"type\":\"kept\",\"path\":$(json_string "$old")}"
    fi
  done <"$before/roots"
}

main
