# Talking to people, and remembering: what the script says goes to the terminal and to its log; what it did is kept in the state folder.
# shellcheck shell=bash disable=SC2154,SC2034

# say TEXT: for people, with the time in the log.
say() {
  local at
  TZ=UTC printf -v at '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  # Not to stdout: what a function answers is not mixed with what it says.
  printf '%s\n' "$*" >&3
  printf '%s %s\n' "$at" "$*" >>"$state/log"
}

# note TEXT: of the step that is under way.
note() { say "  [$step] $*"; }

# fail FACT HINT: ends the step. What a person then decides is asked by the flow.
fail() {
  note "FAILED: $1"
  note "Try: $2"
  exit 1
}

# answer QUESTION: what the person typed, in REPLY. Nobody there means abort.
answer() {
  printf '%s ' "$1" >&3
  if ! IFS= read -r -u 7 REPLY; then
    REPLY=abort
    printf '(nobody answers: abort)\n' >&3
  fi
  printf '%s asked: %s answered: %s\n' "$(date -u +%FT%TZ)" "$1" "$REPLY" >>"$state/log"
}

# remember KIND NAME [TEXT], recall KIND NAME, remembered KIND NAME: one small file each, written whole or not at all.
remember() {
  local file=$state/$1/$2
  mkdir -p -- "$state/$1"
  printf '%s\n' "${3-}" >"$file.$BASHPID.new"
  mv -f -T -- "$file.$BASHPID.new" "$file"
}
recall() { [[ -f $state/$1/$2 ]] && cat -- "$state/$1/$2"; }
remembered() { [[ -f $state/$1/$2 ]]; }
forget() { rm -f -- "$state/$1/$2"; }

# data NAME: what was put at the end of this script, as it was.
data() { sed -n "s/^#= $1 //p" "$self" | base64 -d | zstd -dq; }

# secret_of REFERENCE: a secret's value. Only ever into a variable, a pipe or shared memory.
secret_of() {
  local name=${1#*:}
  case $1 in
    env:*)
      [[ ${!name-} ]] || fail "The environment variable $name is not set." "export $name in the shell that runs this script"
      printf '%s' "${!name}"
      ;;
    file:*)
      [[ -r $name ]] || fail "The file $name cannot be read here." 'bring it from the safe or from a worker, readable for you alone'
      printf '%s' "$(<"$name")"
      ;;
  esac
}

# in_memory: a folder of this run on tmpfs, in `memory`, for what insists on a file. Removed at the end.
in_memory() {
  memory=/dev/shm/muster-$run
  [[ $(stat -f -c %T /dev/shm 2>/dev/null) == tmpfs ]] ||
    fail '/dev/shm is not a tmpfs, so a secret would touch a disk.' 'mount -t tmpfs tmpfs /dev/shm'
  mkdir -m 700 -- "$memory" 2>/dev/null || :
  [[ -O $memory && ! -L $memory ]] || fail "$memory belongs to somebody else." 'remove it, or run this script as its owner'
}

# The person who ran this script is gone: what it started goes no further.
alive() { kill -0 "$$" 2>/dev/null || exit 1; }
