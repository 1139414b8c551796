# What stands at a standby of a component, restored ahead: functions for warm-copy.sh, and sent as they are for a look. Reads only.
# A mark is a folder: `mark` (one line of JSON) and `roots` (NUL-separated pairs: path, hash of the tree below it).
# shellcheck shell=bash

# A tree in one hash: names, kinds, modes, owners, sizes and times, the time of change too, which no program can set. The root's own
# is left out: it moves when the root is renamed.
tree_hash() {
  {
    find "$1" -maxdepth 0 \( -type f -printf '%s\t' -o -true \) -printf '%y\t%m\t%U\t%G\t%T@\t%l\0'
    find "$1" -mindepth 1 -printf '%y\t%m\t%U\t%G\t%s\t%T@\t%C@\t%P\t%l\0' | LC_ALL=C sort -z
  } | sha256sum | cut -d ' ' -f 1
}

# look BASE COMPONENT: the mark, and how many of its trees are no longer what was marked.
look() {
  local folder=$1/warm/$2 root hash changed=0
  if [[ ! -s $folder/mark ]]; then
    printf '{"changed":0}\n'
    return
  fi
  while IFS= read -r -d '' root && IFS= read -r -d '' hash; do
    [[ -e $root || -L $root ]] && [[ $(tree_hash "$root" 2>/dev/null) == "$hash" ]] || changed=$((changed + 1))
  done <"$folder/roots"
  printf '{"mark":%s,"changed":%s}\n' "$(cat -- "$folder/mark")" "$changed"
}
