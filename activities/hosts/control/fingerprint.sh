# Hashes a listing of files, so that a change shows: type, mode, owner, size, mtime, ctime, target and path of each. Reads no content.
# Arguments: how many names to leave out, these names (patterns without a slash), then paths, whose last part may be a glob.
set -euo pipefail
export LC_ALL=C
count=$1
shift
leave=()
for name in "${@:1:count}"; do leave+=(-name "$name" -prune -o); done
shift "$count"
shopt -s nullglob
list() {
  local pattern path
  for pattern in "$@"; do
    # Only the glob is expanded: a space in a path stays one.
    local IFS=
    # shellcheck disable=SC2206
    local found=($pattern)
    if [[ ${#found[@]} -eq 0 ]]; then printf 'missing %s\0' "$pattern"; fi
    for path in "${found[@]}"; do
      # What vanishes meanwhile is a change that the next look sees.
      # A folder's times change with what is left out, and what is in it has lines of its own.
      find "$path" "${leave[@]}" -type d -printf 'd %m %U %G %p\0' -o -printf '%y %m %U %G %s %T@ %C@ %l %p\0' 2>/dev/null || :
    done
  done
}
list "$@" | sort -z | sha256sum
