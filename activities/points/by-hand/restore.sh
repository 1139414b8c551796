#!/bin/bash
# Restores this recovery point with bash, openssl 3, zstd and tar (and curl or aws for a store); nothing else is needed.
# RESTORE.md beside this file says how. Run it with --help for the options.
#
# Trust: this file is signed. Give the signer's public key, from the key card or the plan, with --signer; a wrong one, or a
# changed file, is refused before anything is decrypted.
set -euo pipefail
export LC_ALL=C
umask 077
self=${BASH_SOURCE[0]}

usage() {
  cat <<'TEXT'
usage: bash restore.sh --signer signer.pub --key offline.key --target FOLDER [options]

  --signer FILE         public key (PEM) of who signs recovery points
  --key FILE            private key (PEM) of the offline recipient, or of a site
  --target FOLDER       files go below it: / puts them where they were; a dump becomes FOLDER/<component>.dump
  --from PLACE          a folder, http(s)://... or s3://bucket/prefix that holds the service's folder
                        (without it: the folder this file was downloaded in, with its folders above)
  --component NAME      only this component; may be given more than once
  --load-database NAME  loads a dump into a new database of this name (as the user who may create it)
  --verify-only         checks signature and hashes of everything, decrypts nothing
  --approval FILE       an approval with its signature in FILE.sig, where this recovery point asks for one
  --endpoint URL        for s3://, a store that is not Amazon's
TEXT
}

signer='' key='' target='' from='' endpoint='' verify_only='' approval='' database='' wanted=()
while (($#)); do
  case $1 in --signer | --key | --target | --from | --endpoint | --approval | --component | --load-database) (($# > 1)) || { usage >&2 && exit 64; } ;; esac
  case $1 in
    --signer) signer=$2 && shift 2 ;;
    --key) key=$2 && shift 2 ;;
    --target) target=$2 && shift 2 ;;
    --from) from=${2%/} && shift 2 ;;
    --endpoint) endpoint=$2 && shift 2 ;;
    --approval) approval=$2 && shift 2 ;;
    --component) wanted+=("$2") && shift 2 ;;
    --load-database) database=$2 && shift 2 ;;
    --verify-only) verify_only=yes && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
  esac
done

say() { printf '%s\n' "$*" >&2; }
stop() { say "restore.sh: $1"; say "Try: $2"; exit 1; }
field() { table | awk -F '\t' -v kind="$1" '$1 == kind { print $2; exit }'; }
table() { sed '1,/^#### TABLE$/d' "$self" | sed 's/^# //'; }

[[ -n $signer ]] || stop 'the public key of the signer is missing.' 'bash restore.sh --signer signer.pub ... (see the key card)'
[[ -n $verify_only || ( -n $key && -n $target ) ]] || stop 'a private key and a target are needed.' 'bash restore.sh --help'
for tool in openssl zstd tar awk sed; do
  command -v "$tool" >/dev/null || stop "$tool is not installed." "install it, for example: apt-get install $tool"
done
[[ $(openssl version) == 'OpenSSL '[3-9]* ]] || stop "$(openssl version) is too old for AES-256-GCM in CMS." 'use a machine with OpenSSL 3'

work=$(mktemp -d "${TMPDIR:-/tmp}/muster-restore.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
if [[ -z $from ]]; then from=$(cd -- "$(dirname -- "$self")/../../.." && pwd); fi

# fetch KEY FILE
fetch() {
  case $from in
    http://* | https://*) curl -fsS --retry 3 -o "$2" "$from/$1" ;;
    s3://*) aws ${endpoint:+--endpoint-url "$endpoint"} s3 cp --only-show-errors "$from/$1" "$2" ;;
    *) [[ -f $from/$1 ]] && cp -- "$from/$1" "$2" ;;
  esac || stop "$1 is not at $from." 'give the place that holds the service folder with --from, or another copy of it.'
}

# checked KEY SHA256 FILE: fetched, and exactly what was signed.
checked() {
  local found
  fetch "$1" "$3"
  found=$(openssl dgst -sha256 -r "$3")
  [[ ${found%% *} == "$2" ]] || stop "$1 at $from was changed or is damaged (SHA-256 ${found%% *}, signed was $2)." \
    'use the copy at another storage location with --from.'
}

signed() {
  openssl pkeyutl -verify -pubin -inkey "$signer" -rawin -in "$1" -sigfile "$2" >/dev/null 2>&1
}

# --- 1. who wrote this
point=$(field point)
service=$(field service)
fetch "$(field script).sig" "$work/restore.sh.sig"
signed "$self" "$work/restore.sh.sig" || stop 'this file was not signed by the key you gave, or was changed since.' \
  'use the signer key of the key card, and a fresh copy of restore.sh.'
fetch "$(field manifest)" "$work/manifest.json"
fetch "$(field manifest).sig" "$work/manifest.json.sig"
signed "$work/manifest.json" "$work/manifest.json.sig" || stop 'the manifest was not signed by the key you gave.' 'use another copy of this recovery point.'
own=$(openssl dgst -sha256 -r "$self")
grep -q "\"${own%% *}\"" "$work/manifest.json" || stop 'the manifest is of another point than this file.' 'take both from the same place.'
say "Recovery point $point of $service, taken $(field taken) at $(field site): signature good"

for name in "${wanted[@]}"; do
  table | awk -F '\t' -v c="$name" '$1 == "component" && $2 == c { found = 1 } END { exit !found }' ||
    stop "no component $name is in this recovery point." "choose of: $(table | awk -F '\t' '$1 == "component" { printf "%s ", $2 }')"
done

# --- 2. the approval, where the plan asked for one when this point was taken
check_approval() {
  local who at now how
  how="printf '%s\\n' 'restore by hand' 'service: $service' 'point: $point' \"at: \$(date -u +%FT%TZ)\" 'reason: WHY' >approval; "
  how+='ssh-keygen -Y sign -n muster-by-hand -f APPROVERS_KEY approval; then give --approval approval'
  table | awk -F '\t' '$1 == "approver" { print $2, "namespaces=\"muster-by-hand\"", $3 }' >"$work/approvers"
  [[ -n $approval ]] || stop "a restore of this point needs an approval by $(awk '{ printf "%s%s", sep, $1; sep = " or " }' "$work/approvers")." "$how"
  command -v ssh-keygen >/dev/null || stop 'ssh-keygen is not installed, which checks the approval.' 'apt-get install openssh-client'
  [[ -f $approval && -f $approval.sig ]] || stop "$approval and $approval.sig are not both there." "$how"
  cp -- "$approval" "$work/approval"
  who=$(ssh-keygen -Y find-principals -s "$approval.sig" -f "$work/approvers" 2>/dev/null | sed -n 1p) || who=''
  if [[ -z $who ]] || ! ssh-keygen -Y verify -f "$work/approvers" -I "$who" -n muster-by-hand -s "$approval.sig" <"$work/approval" >/dev/null 2>&1; then
    stop 'the approval was not signed by an approver of the plan, or was changed since.' "$how"
  fi
  if ! grep -qxF "service: $service" "$work/approval" || ! grep -qxF "point: $point" "$work/approval"; then
    stop 'the approval is for another recovery point.' "$how"
  fi
  grep -q '^reason: .' "$work/approval" || stop 'the approval gives no reason.' "$how"
  at=$(date -u -d "$(sed -n 's/^at: //p' "$work/approval" | head -n 1)" +%s 2>/dev/null) || stop 'the approval has no time.' "$how"
  now=$(date +%s)
  ((at <= now + 300 && now - at <= $1)) || stop "the approval is not of the last $(($1 / 3600)) hours." "$how"
  say "Approved by $who: $(sed -n 's/^reason: //p' "$work/approval" | head -n 1)"
}
within=$(field approval)
if [[ -n $within && -z $verify_only ]]; then check_approval "$within"; fi

# --- 3. the keys of this point and of those whose archives it refers to, opened with yours
# later POINT: numbers of envelopes that its key was put into later, newest first
later() {
  local base=$service/archives/$1/key- n misses=0
  case $from in
    http://* | https://*)
      # Nothing can be listed there, and former ones may be gone.
      for ((n = 2; misses < 8; n++)); do
        if curl -fsS --retry 3 -o /dev/null "$from/$base$n.json" 2>/dev/null; then echo "$n" && misses=0; else misses=$((misses + 1)); fi
      done
      ;;
    s3://*) aws ${endpoint:+--endpoint-url "$endpoint"} s3 ls "$from/$base" ;;
    *) printf '%s\n' "$from/$base"*.json ;;
  esac | sed -nE 's/^(.*key-)?([0-9]+)(\.json)?$/\2/p' | sort -rn
}

# vouched POINT N: SHA-256 of a later envelope, out of what the signer says of it
vouched() {
  local said=$service/archives/$1/key-$2.json form
  (fetch "$said" "$work/sealing" && fetch "$said.sig" "$work/sealing.sig") 2>/dev/null || return 1
  signed "$work/sealing" "$work/sealing.sig" || return 1
  form="^\{\"format\":1,\"service\":\"$service\",\"point\":\"$1\",\"n\":$2,\"sha256\":\"([0-9a-f]{64})\","
  [[ $(<"$work/sealing") =~ $form ]] && printf '%s' "${BASH_REMATCH[1]}"
}

declare -A point_keys=()
# open_envelope POINT KEY SHA256: its key into point_keys, which stay in the shell's memory and in pipes
open_envelope() {
  local opened
  (checked "$2" "$3" "$work/key.cms") 2>"$work/why" || return 1
  [[ -z $verify_only ]] || return 0
  if ! opened=$(openssl cms -decrypt -inform DER -binary -inkey "$key" -in "$work/key.cms" 2>/dev/null); then
    (stop "this private key does not open the recovery point $1." 'use the offline key, or the key of a site that it was sealed to.') 2>"$work/why"
    return 1
  fi
  if [[ $opened == '-----BEGIN PGP '* ]]; then
    command -v gpg >/dev/null || stop 'this point was sealed with gpg, and gpg is not installed.' 'apt-get install gnupg'
    [[ $(stat -f -c %T /dev/shm) == tmpfs ]] || stop '/dev/shm is not a tmpfs: the key would touch a disk.' 'mount -t tmpfs tmpfs /dev/shm'
  fi
  point_keys[$1]=$opened
}

open_key() {
  local n sha
  if open_envelope "$@"; then return 0; fi
  cp -- "$work/why" "$work/first-why"
  for n in $(later "$1"); do
    if sha=$(vouched "$1" "$n") && open_envelope "$1" "$service/archives/$1/key-$n.cms" "$sha"; then return 0; fi
  done
  cat -- "$work/first-why" >&2
  exit 1
}

while IFS=$'\t' read -r _ sealed sealed_sha owner; do
  open_key "$owner" "$sealed" "$sealed_sha"
done < <(table | awk -F '\t' '$1 == "key"')

# unseal KEY FILE: a part in clear. What the key is says how the part was sealed.
unseal() {
  if [[ $1 != '-----BEGIN PGP '* ]]; then
    openssl cms -decrypt -inform DER -binary -inkey <(printf '%s\n' "$1") -in "$2"
    return
  fi
  # A keyring in memory, for this part alone; its agent ends with it.
  (
    home=$(mktemp -d /dev/shm/muster-gnupg.XXXXXX)
    trap 'gpgconf --homedir "$home" --kill gpg-agent; rm -rf -- "$home"' EXIT
    gpg_quietly --homedir "$home" --import < <(printf '%s\n' "$1")
    gpg_quietly --homedir "$home" --trust-model always --ignore-time-conflict --ignore-valid-from --decrypt "$2"
  )
}
gpg_quietly() { gpg --batch --no-tty --quiet --no-options --pinentry-mode loopback "$@"; }

# stream COMPONENT ARCHIVE: its zstd stream, part by part, each checked before it is decrypted
stream() {
  local kind component archive sha object owner
  while IFS=$'\t' read -r kind component archive _ _ sha object owner; do
    [[ $kind == part && $component == "$1" && $archive == "$2" ]] || continue
    checked "$object" "$sha" "$work/part.$1.$2"
    unseal "${point_keys[$owner]}" "$work/part.$1.$2" || exit 1
    rm -f -- "$work/part.$1.$2"
  done < <(table)
}

# Owners come back for root only; to anyone else the files are given.
if [[ $(id -u) == 0 ]]; then give=--same-owner; else give=--no-same-owner; fi

# Only what the index names: an archive of an earlier point may hold files that were gone or had changed by this one. tar stops at
# the end of the archive; what is left of its last record must not break the pipe.
unpack() {
  awk -v archive="$2" 'BEGIN { RS = "\0"; FS = "\t" } NR % 2 && $1 == archive {
    path = $0; for (i = 0; i < 15; i++) path = substr(path, index(path, "\t") + 1); printf "%s%c", path, 0 }' "$work/index" >"$work/members"
  # An empty list would mean everything to tar.
  [[ -s $work/members ]] || return 0
  stream "$1" "$2" | zstd -dq | {
    tar -C "$target" -xpf - --warning=no-timestamp "$give" --xattrs --xattrs-include='*' --acls \
      --no-wildcards --anchored --no-recursion --null -T "$work/members" && cat >/dev/null
  }
}

restore_files() {
  local number
  stream "$1" index | zstd -dq >"$work/index" || exit 1
  # Folders (archive 0) come last, so that their times are not changed again.
  for number in $(archives "$1" | awk '$1 != 0') $(archives "$1" | awk '$1 == 0'); do
    say "  $1: archive $number"
    unpack "$1" "$number" || exit 1
  done
}

archives() { table | awk -F '\t' -v c="$1" '$1 == "part" && $2 == c && $3 != "index" && !seen[$3]++ { print $3 }'; }

# Archive 0 is the dump; each further one has the rows of some large tables, which come after its structure and before its indexes.
restore_dump() {
  local dump=$target/$1.dump number more
  stream "$1" 0 | zstd -dq >"$dump" || exit 1
  say "  $1: $dump (pg_restore reads it)"
  more=$(archives "$1" | awk '$1 != 0')
  if [[ -z $database ]]; then
    for number in $more; do
      stream "$1" "$number" | zstd -dq >"$target/$1.$number.dump" || exit 1
      say "  $1: $target/$1.$number.dump (rows of large tables)"
    done
    return 0
  fi
  local locale=()
  if [[ $5 == i ]]; then locale=(--locale-provider=icu --icu-locale="$6"); fi
  createdb --template=template0 --encoding="$2" --lc-collate="$3" --lc-ctype="$4" "${locale[@]}" "$database"
  load --section=pre-data "$dump"
  load --section=data "$dump"
  for number in $more; do stream "$1" "$number" | zstd -dq | load --data-only || exit 1; done
  load --section=post-data -j "$(nproc)" "$dump"
  say "  $1: loaded into database $database"
}

load() { pg_restore --exit-on-error --no-owner -d "$database" "$@"; }

# Triggers and events may name the database in their text, so they are loaded only where it has its own name.
restore_mariadb() {
  local dump=$target/$1.sql code=$target/$1.triggers-and-events.sql
  stream "$1" 0 | zstd -dq >"$dump" || exit 1
  stream "$1" 1 | zstd -dq >"$code" || exit 1
  say "  $1: $dump (mariadb reads it), and $code"
  [[ -n $database ]] || return 0
  mariadb -e "CREATE DATABASE \`$database\` CHARACTER SET $2 COLLATE $3"
  mariadb "$database" <"$dump"
  [[ $database != "$4" ]] || mariadb "$database" <"$code"
  say "  $1: loaded into database $database"
}

# A cluster lies in a repository of pgBackRest, which needs its own configuration and cipher pass.
point_out_cluster() {
  say "  $1: in pgBackRest's repository $4; with its pgbackrest.conf, as the server's user, into an empty data directory:"
  say "    pgbackrest --stanza=$2 --set=$3 --type=immediate --target-action=promote restore"
}

restore_redis() {
  stream "$1" 0 | zstd -dq >"$target/$1.rdb" || exit 1
  say "  $1: $target/$1.rdb (stop Redis, put it in the place of dump.rdb, start it)"
}

chosen() {
  local name
  ((${#wanted[@]})) || return 0
  for name in "${wanted[@]}"; do [[ $name == "$1" ]] && return 0; done
  return 1
}

# --- 4. the components, one after another
count=0
while IFS=$'\t' read -r kind component driver encoding collate ctype provider icu; do
  if [[ $kind != component ]] || ! chosen "$component"; then continue; fi
  count=$((count + 1))
  if [[ -n $verify_only ]]; then
    while IFS=$'\t' read -r _ _ _ _ _ sha object _; do
      checked "$object" "$sha" "$work/verified"
    done < <(table | awk -F '\t' -v c="$component" '$1 == "part" && $2 == c')
    say "  $component: every part is as it was signed"
    continue
  fi
  mkdir -p -- "$target"
  case $driver in
    files) restore_files "$component" ;;
    postgresql-pitr) point_out_cluster "$component" "$encoding" "$collate" "$ctype" ;;
    redis) restore_redis "$component" ;;
    mariadb) restore_mariadb "$component" "$encoding" "$collate" "$ctype" ;;
    *) restore_dump "$component" "$encoding" "$collate" "$ctype" "$provider" "$icu" ;;
  esac
done < <(table)
((count)) || stop 'this recovery point has no component.' 'use another recovery point.'
if [[ -n $verify_only ]]; then say 'Everything verified.'; else say "Restored to $target."; fi
exit 0
#### TABLE
