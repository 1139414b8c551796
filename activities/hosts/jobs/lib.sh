#!/bin/bash
# What every job script begins with: `. "$MUSTER_LIB"`. The script itself runs as `bash -euo pipefail` in its own session.
#
# It may rely on
#   $MUSTER_JOB       the job's folder (mode 700): work/ is the current folder and free to use, params/, scripts/ and spool/ are beside it
#   param NAME [DEFAULT]   prints a parameter; param_file NAME prints its path (for exact bytes); has_param NAME
#   secret NAME            prints a secret's bytes; use it through a pipe: -inkey <(secret key). has_secret NAME
#                          Never <<< or <<EOF with a secret (may touch disk), never as an argument of a command.
#   secret_file NAME VAR   for tools that insist on a file: mode 600 on tmpfs, its path in VAR, removed when the job ends
#   take_spool KIND        prints the next spool entry of a kind, waits and says `@need KIND` while there is none
#   result JSON            a result line; json_string TEXT quotes a text for it
#   progress DONE TOTAL [TEXT]
#   refuse TYPE FACT HINT  ends the job with a refusal that people see as it is
#   try_again TEXT         ends the job with status 75: a passing fault, the next attempt starts it anew
#   in_parallel N FUNCTION reads lines from stdin and runs FUNCTION LINE in subshells, N at a time; secrets and functions are there.
#                          Its `lane` is a number that no other running one has, and few of them come up
# Everything else on stdout is log; the end of stderr is shown when the job fails. stdin is empty.
# A child bash (xargs -P … bash -c) may source this file again; it has no secrets then.

if [[ -z ${MUSTER_JOB:-} || -z ${MUSTER_LIB:-} ]]; then
  echo 'this script runs as a host job only' >&2
  exit 64
fi

declare -A muster_secrets=()
if [[ -z ${MUSTER_LOADED:-} ]]; then
  muster_complete=
  while IFS=' ' read -r muster_word muster_name muster_value; do
    case $muster_word in
      secret) muster_secrets[$muster_name]=$muster_value ;;
      end) muster_complete=yes ;;
    esac
  done
  if [[ -z $muster_complete ]]; then
    echo 'the secrets did not arrive whole' >&2
    exit 75
  fi
  exec </dev/null
  export MUSTER_LOADED=yes
  unset muster_word muster_name muster_value muster_complete
fi

has_param() { [[ -e $MUSTER_JOB/params/$1 ]]; }

param_file() {
  has_param "$1" || { echo "parameter $1 is missing" >&2; return 64; }
  printf '%s\n' "$MUSTER_JOB/params/$1"
}

param() {
  if ! has_param "$1" && (($# > 1)); then
    printf '%s' "$2"
    return
  fi
  has_param "$1" || { echo "parameter $1 is missing" >&2; return 64; }
  # A process is started only for bytes that a variable cannot hold: NUL.
  local muster_text
  if IFS= read -r -d '' muster_text <"$MUSTER_JOB/params/$1"; then cat -- "$MUSTER_JOB/params/$1"; else printf '%s' "$muster_text"; fi
}

has_secret() { [[ -n ${muster_secrets[$1]+there} ]]; }

secret() {
  has_secret "$1" || { echo "secret $1 is missing" >&2; return 64; }
  printf '%s' "${muster_secrets[$1]}" | base64 -d
}

secret_file() {
  # Names that a caller would not choose: VAR is set past these locals.
  local muster_folder=/dev/shm/muster${MUSTER_JOB//\//_} muster_path
  if [[ $(stat -f -c %T /dev/shm) != tmpfs ]]; then
    refuse NoMemoryFolder '/dev/shm is not a tmpfs, so a secret would touch a disk.' 'mount -t tmpfs tmpfs /dev/shm'
  fi
  [[ -O $muster_folder && ! -L $muster_folder ]] || mkdir -m 700 -- "$muster_folder"
  muster_path=$muster_folder/$1
  (umask 077 && secret "$1" >"$muster_path")
  printf -v "$2" '%s' "$muster_path"
}

# Lines are appended in one write each, so that subshells and children never mix theirs.
muster_say() { printf '%s\n' "$1" >>"$MUSTER_JOB/stdout"; }

result() { muster_say "@result ${1//$'\n'/ }"; }

progress() { muster_say "@progress $1 $2 ${3:-}"; }

json_string() {
  local text=$1 code character
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  if [[ $text == *[[:cntrl:]]* ]]; then
    for code in {1..31} 127; do
      printf -v code '%04x' "$code"
      printf -v character '%b' "\\x${code:2}"
      text=${text//"$character"/"\\u$code"}
    done
  fi
  printf '"%s"' "$text"
}

refuse() {
  muster_say "@refuse {\"type\":$(json_string "$1"),\"fact\":$(json_string "$2"),\"hint\":$(json_string "$3")}"
  exit 64
}

try_again() {
  printf '%s\n' "$1" >&2
  exit 75
}

take_spool() {
  local kind=$1 folder=$MUSTER_JOB/spool/$1 taken=$MUSTER_JOB/spool/.taken/$1 entry waited=0
  mkdir -p -- "$folder" "$taken"
  while :; do
    for entry in "$folder"/*; do
      [[ -e $entry ]] || continue
      # The link decides between two takers, and between a first and a second filling of the same name.
      if ln -T -- "$entry" "$taken/${entry##*/}" 2>/dev/null; then
        rm -f -- "$entry"
        cat -- "$taken/${entry##*/}"
        : >"$taken/${entry##*/}"
        return 0
      fi
      [[ ! -e $taken/${entry##*/} ]] || rm -f -- "$entry"
    done
    # Said again from time to time: the worker that read it may have died before it answered.
    if ((waited % 50 == 0)); then muster_say "@need $kind"; fi
    if ((waited >= ${MUSTER_SPOOL_LIMIT:-3600} * 10)); then
      echo "nothing arrived in the spool for $kind" >&2
      return 75
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

in_parallel() {
  local most=$1 function=$2 line lane failed=0
  local -A process_of=()
  while IFS= read -r line; do
    for (( ; ; )); do
      for ((lane = 0; lane < most; lane++)); do
        if [[ -z ${process_of[$lane]-} ]] || ! kill -0 "${process_of[$lane]}" 2>/dev/null; then break 2; fi
      done
      # Which one ended, and how, is asked by its number: of one that ended before this line it knows nothing, and says 127.
      wait -n || :
    done
    if [[ ${process_of[$lane]-} ]]; then wait "${process_of[$lane]}" || failed=$?; fi
    process_of[$lane]=
    ((failed == 0)) || break
    ("$function" "$line") &
    process_of[$lane]=$!
  done
  for lane in "${!process_of[@]}"; do
    if [[ ${process_of[$lane]} ]]; then wait "${process_of[$lane]}" || failed=$?; fi
  done
  return "$failed"
}
