# Reads what a host has: one `NAME VALUE` line each. Arguments: boot-id-file, then paths whose free space is asked.
# A path that is not there yet is asked for at its nearest ancestor that is.
set -euo pipefail
read -r boot <"$1"
shift
version() { printf '%s %s\n' "$1" "$("$@" 2>/dev/null </dev/null | head -n 1 || :)"; }
echo "clock $(date +%s%3N)"
echo "boot $boot"
echo "hostname $(uname -n)"
echo "user $(id -u)"
echo "bash $BASH_VERSION"
for tool in tar zstd curl xargs flock setsid sha256sum; do
  if command -v "$tool" >/dev/null; then version "$tool" --version; fi
done
if command -v openssl >/dev/null; then version openssl version; fi
echo "memory $(stat -f -c %T /dev/shm 2>/dev/null || :)"
for path in "$@"; do
  near=$path
  while [[ ! -e $near && $near == */?* ]]; do near=${near%/*}; done
  free=$(stat -f -c '%a %S' -- "${near:-/}")
  printf 'free %s %s\n' "$((${free% *} * ${free#* }))" "$(printf '%s' "$path" | base64 -w 0)"
done
