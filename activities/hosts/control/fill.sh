# Puts entries into a job's spool. Arguments: folder kind. stdin: `NAME BASE64` lines, then `end`.
# An entry appears whole or not at all, and one that was taken does not appear again.
set -euo pipefail
umask 077
folder=$1/spool/$2 taken=$1/spool/.taken/$2
[[ -d $1/spool ]] || { echo 'gone'; exit 0; }
mkdir -p -- "$folder" "$taken"
complete=
while IFS=' ' read -r name value; do
  if [[ $name == end ]]; then complete=yes && break; fi
  [[ ! -e $taken/$name ]] || continue
  new=$(mktemp "$folder/.XXXXXXXX")
  printf '%s' "$value" | base64 -d >"$new"
  mv -T -- "$new" "$folder/$name"
done
[[ -n $complete ]] || { echo 'cut'; exit 0; }
echo 'filled'
