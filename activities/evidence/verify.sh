#!/bin/bash
# Says whether a bundle of evidence is whole and unchanged. Needs bash, sha256sum, openssl 3, ssh-keygen, and tar where a .tar is given.
#
# Trust: CONTENTS.sha256 names every file and is signed. Whose key signed it is all that has to be compared with something that did not come
# with the bundle: the key card, or the public key in the folder of the plans. Take this script from such a place too.
set -uo pipefail
export LC_ALL=C
umask 077
shopt -s globstar dotglob nullglob

usage() {
  cat <<'TEXT'
usage: bash verify.sh [--signer FILE | --fingerprint SHA256]... [FOLDER | FILE.tar]

  --signer FILE         public key (PEM) of who signs, that did not come with the bundle; may be repeated
  --fingerprint SHA256  SHA-256 of such a key (DER), as the key card has it; may be repeated

exit status: 0 whole, unchanged, and signed by a key that was given; 3 the same, but no key was given: compare the one it names;
             1 BAD; 64 wrong use
TEXT
}

place='' trusted=()
while (($#)); do
  case $1 in
    --signer | --fingerprint) (($# > 1)) || { usage >&2 && exit 64; } ;;
  esac
  case $1 in
    --signer)
      fingerprint=$(openssl pkey -pubin -in "$2" -outform DER 2>/dev/null | sha256sum) || { echo "verify.sh: $2 is no public key in PEM." >&2 && exit 64; }
      trusted+=("${fingerprint%% *}") && shift 2
      ;;
    --fingerprint) trusted+=("$2") && shift 2 ;;
    -h | --help) usage && exit 0 ;;
    -*) usage >&2 && exit 64 ;;
    *) place=$1 && shift ;;
  esac
done

for tool in sha256sum openssl ssh-keygen; do
  command -v "$tool" >/dev/null || { echo "verify.sh: $tool is not installed." >&2 && exit 64; }
done
place=${place:-$(dirname "${BASH_SOURCE[0]}")}
if [[ -f $place ]]; then
  work=$(mktemp -d) && trap 'rm -rf -- "$work"' EXIT
  tar -xf "$place" -C "$work" --no-same-owner || { echo "BAD  $place is no archive that tar can open" && exit 1; }
  folders=("$work"/*)
  [[ ${#folders[@]} == 1 && -d ${folders[0]} ]] || { echo "BAD  $place does not hold one folder" && exit 1; }
  place=${folders[0]}
fi
cd "$place" || exit 64

wrong=0
bad() { printf 'BAD  %s\n' "${*//[^[:print:]]/?}" && wrong=$((wrong + 1)); }
list=CONTENTS.sha256
declare -A hashes=()
names=() keys=(signers/*.pub)

# 1. The list: every line names one file, each once.
if [[ -f $list && ! -L $list ]]; then
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ ! $line =~ ^([0-9a-f]{64})\ \ ([A-Za-z0-9._/-]+)$ || /${BASH_REMATCH[2]}/ == */../* || /${BASH_REMATCH[2]}/ == *//* ]]; then
      bad "$list has a line that names no file of the bundle: $line"
      continue
    fi
    [[ -z ${hashes[${BASH_REMATCH[2]}]:-} ]] || bad "$list names ${BASH_REMATCH[2]} twice"
    hashes[${BASH_REMATCH[2]}]=${BASH_REMATCH[1]}
    names+=("${BASH_REMATCH[2]}")
  done <"$list"
else
  bad "MISSING $list, which names what the bundle is made of"
fi

# 2. Who signed the list.
by=''
fits() { openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" >/dev/null 2>&1; }
if [[ ! -f $list.sig ]]; then
  bad "MISSING $list.sig: nobody vouches for the list"
else
  for key in "${keys[@]}"; do
    if fits "$key" "$list" "$list.sig"; then
      by=$(openssl pkey -pubin -in "$key" -outform DER 2>/dev/null | sha256sum)
      by=${by%% *}
      break
    fi
  done
  [[ -n $by ]] || bad "CHANGED $list: its signature fits no key of the bundle"
fi
if [[ -n $by && ${#trusted[@]} -gt 0 ]]; then
  anchored=''
  for fingerprint in "${trusted[@]}"; do [[ $fingerprint != "$by" ]] || anchored=yes; done
  [[ -n $anchored ]] || bad "the list is signed by the key $by, which is none of those that you gave"
fi

# 3. What the list names is there and unchanged, and nothing else is.
for name in "${names[@]}"; do
  if [[ ! -f $name || -L $name ]]; then
    bad "MISSING $name"
    continue
  fi
  found=$(sha256sum <"$name")
  [[ ${found%% *} == "${hashes[$name]}" ]] || bad "CHANGED $name"
done
for name in **; do
  [[ ! -L $name ]] || { bad "EXTRA $name, a link" && continue; }
  [[ ! -d $name && $name != "$list" && $name != "$list.sig" ]] || continue
  [[ -n ${hashes[$name]:-} ]] || bad "EXTRA $name, which the list does not name"
done
for name in README.md verify.sh plan.json period.json period.md period.html unsigned.txt left-out.txt; do
  [[ -n ${hashes[$name]:-} ]] || bad "MISSING $name, which every bundle has"
done
((${#keys[@]} > 0)) || bad 'MISSING signers/: no key is there'

# 4. What is signed by itself: reports, manifests, marks, the audit log, approvals.
signed() {
  [[ -n ${hashes[$2]:-} && -f $2 ]] || { bad "UNSIGNED $1: $2 is missing" && return; }
  for key in "${keys[@]}"; do ! fits "$key" "$1" "$2" || return 0; done
  bad "UNSIGNED $1: no key of the bundle signed it as it is"
}
declare -A unsigned=()
[[ ! -f unsigned.txt ]] || while IFS= read -r line; do unsigned[$line]=yes; done <unsigned.txt

report() {
  local folder=$1 line name
  local -A inner=()
  if [[ -n ${unsigned[$folder]:-} ]]; then
    echo "     $folder was not signed where it lay: an older build wrote it, or the signing key could not be read then"
    return
  fi
  signed "$folder/report.sha256" "$folder/report.sha256.sig"
  [[ -f $folder/report.sha256 ]] || return
  while IFS= read -r line; do
    [[ $line =~ ^([0-9a-f]{64})\ \ ([A-Za-z0-9._-]+)$ ]] && inner[${BASH_REMATCH[2]}]=${BASH_REMATCH[1]}
  done <"$folder/report.sha256"
  for name in report.json report.md report.html "${!inner[@]}"; do
    [[ -n ${inner[$name]:-} && ${inner[$name]} == "${hashes[$folder/$name]:-}" ]] || bad "UNSIGNED $folder/$name: it is not what $folder/report.sha256 says"
  done
}

approval() {
  local base=${1%.bytes} who at
  [[ -f $base.sig && -f $base.who && -f $base.at && -f allowed_signers ]] || { bad "UNSIGNED $1: its signature, its name, its time or allowed_signers is missing" && return; }
  who=$(<"$base.who") at=$(<"$base.at")
  ssh-keygen -Y verify -f allowed_signers -I "$who" -n muster-approval -s "$base.sig" -O "verify-time=$at" <"$1" >/dev/null 2>&1 ||
    bad "UNSIGNED $1: $who did not sign it as it is"
}

# Each entry of a run names the hash of the one before it.
chain() {
  local name=$1 run number text previous
  [[ ${name##*/} =~ ^[0-9]{8}T[0-9]{9}Z-(.+)-([0-9]{5,})\.json$ ]] || { bad "$name is no entry's name" && return; }
  run=${BASH_REMATCH[1]} number=$((10#${BASH_REMATCH[2]})) text=$(<"$name")
  previous=null
  [[ $text =~ \"previous\":\"([0-9a-f]{64})\"\}$ ]] && previous=${BASH_REMATCH[1]}
  ((number == ${last[$run]:-0} + 1)) || bad "AUDIT LOG NOT WHOLE: $run has no entry before ${number}"
  [[ $previous == "${before[$run]:-null}" ]] || bad "AUDIT LOG NOT WHOLE: entry $number of $run does not follow the one before it"
  last[$run]=$number before[$run]=${hashes[$name]}
}

declare -A last=() before=()
counts=0
for name in "${names[@]}"; do
  [[ -f $name ]] || continue
  case $name in
    reports/*/report.json) report "${name%/report.json}" ;;
    reports/*) [[ -n ${hashes[${name%/*}/report.json]:-} ]] || bad "UNSIGNED $name: there is no report.json beside it" ;;
    points/*/manifest.json | marks/*.json) signed "$name" "$name.sig" ;;
    audit/*.json) signed "$name" "$name.sig" && chain "$name" ;;
    approvals/*.bytes) approval "$name" ;;
    *.sig) [[ -n ${hashes[${name%.sig}]:-} || -n ${hashes[${name%.sig}.bytes]:-} ]] || bad "$name signs nothing" ;;
    *) continue ;;
  esac
  counts=$((counts + 1))
done

if ((wrong > 0)); then
  printf 'BAD: %d things are wrong with this bundle. It is no evidence.\n' "$wrong"
  exit 1
fi
[[ ! -s left-out.txt ]] || while IFS= read -r line; do echo "     left out: $line"; done <left-out.txt
printf 'GOOD: %d files, %d of them signed things, all as the list says; the list is signed by the key\n      %s\n' "${#names[@]}" "$counts" "$by"
if ((${#trusted[@]} > 0)); then
  echo 'ANCHORED: that is a key which you gave.'
  exit 0
fi
echo 'NOT ANCHORED: anybody can make a bundle with a key of their own. Compare that SHA-256 with the key card of the service, or with the'
echo 'public key in the folder of its plans, and not with anything in this bundle; then: bash verify.sh --fingerprint SHA256'
exit 3
