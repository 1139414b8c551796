# What stands at a standby of a component, restored ahead: functions for warm-copy.sh, and sent as they are for a look. Reads only.
# A mark is a folder: `mark` (one line of JSON), `roots` (NUL-separated triples: path, hash of the tree below it, and the hash of it without
# what other components restore in there) and `apart` (NUL-separated: the paths of those).
# shellcheck shell=bash

# tree_hash TREE [PATTERN...]: a tree in one hash: names, kinds, modes, owners, sizes and times, the time of change too, which no program
# can set. The root's own is left out: it moves when the root is renamed. Left out is also what lies at the patterns (below TREE), with what
# a restore keeps beside it and the times of the folders that hold it.
tree_hash() {
  local tree=$1 pattern folder without=() time=%T@
  shift
  for pattern; do
    folder=$(dirname -- "./$pattern")
    without+=('(' -path "./$pattern" -o -path "./$pattern.before-*" ')' -prune -o)
    if [[ $folder == . ]]; then time=; else without+=(-path "$folder" -printf '%y\t%m\t%U\t%G\t%P\0' -o); fi
  done
  {
    find "$tree" -maxdepth 0 '(' -type f -printf '%s\t' -o -true ')' -printf "%y\t%m\t%U\t%G\t$time\t%l\0"
    if [[ -d $tree && ! -L $tree ]]; then
      (cd -- "$tree" && find . -mindepth 1 "${without[@]}" -printf '%y\t%m\t%U\t%G\t%s\t%T@\t%C@\t%P\t%l\0') | LC_ALL=C sort -z
    fi
  } | sha256sum | cut -d ' ' -f 1
}

# own_hash TREE ROOT APART: of the tree, which is or was ROOT, without what other components restore in it.
own_hash() {
  local path patterns=()
  while IFS= read -r -d '' path; do
    [[ $path != "$2"/* ]] || patterns+=("${path#"$2"/}")
  done <"$3"
  tree_hash "$1" "${patterns[@]}"
}

# look BASE COMPONENT: the mark, and how many of its trees are no longer what was marked. What other components restore is theirs to look at.
look() {
  local folder=$1/warm/$2 root hash changed=0
  if [[ ! -s $folder/mark ]]; then
    printf '{"changed":0}\n'
    return
  fi
  while IFS= read -r -d '' root && IFS= read -r -d '' _ && IFS= read -r -d '' hash; do
    [[ -e $root || -L $root ]] && [[ $(own_hash "$root" "$root" "$folder/apart" 2>/dev/null) == "$hash" ]] || changed=$((changed + 1))
  done <"$folder/roots"
  printf '{"mark":%s,"changed":%s}\n' "$(cat -- "$folder/mark")" "$changed"
}
