#!/bin/bash
# Makes a bare host ready for a restore. What is there already stays as it is, so that it can be run twice.
#
# params (all NUL-separated): places (what must not be there yet), packages, users (name, group, uid or nothing, home, shell)
# results: made

. "$MUSTER_LIB"

main() {
  refuse_unless_bare
  install_packages
  make_users
}

refuse_unless_bare() {
  local place
  while IFS= read -r -d '' place; do
    if [[ -e $place || -L $place ]]; then
      refuse NotBare "$(hostname) is not bare: $place is there." 'another host, or --bare anyway: what is replaced is kept beside it.'
    fi
  done <"$(param_file places)"
}

install_packages() {
  local packages missing=() name
  mapfile -d '' -t packages <"$(param_file packages)"
  for name in "${packages[@]}"; do installed "$name" || missing+=("$name"); done
  ((${#missing[@]})) || return 0
  progress 0 "${#missing[@]}" "installing ${missing[*]}"
  # An earlier start that was cut off may have left the manager in the middle.
  if command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    dpkg --configure -a >"$MUSTER_JOB/work/packages" 2>&1 || true
    manage apt-get update
    manage apt-get install -y --no-install-recommends "${missing[@]}"
  elif command -v dnf >/dev/null; then manage dnf install -y "${missing[@]}"
  elif command -v zypper >/dev/null; then manage zypper --non-interactive install "${missing[@]}"
  elif command -v apk >/dev/null; then manage apk add "${missing[@]}"
  else
    refuse NoPackageManager "$(hostname) has none of apt-get, dnf, zypper and apk." "install ${missing[*]} there by hand, then retry this step."
  fi
  for name in "${missing[@]}"; do
    installed "$name" || refuse PackagesFailed "$(hostname): $name is not there after its installation." 'correct its name in the plan.'
    result "{\"type\":\"made\",\"what\":$(json_string "$name")}"
  done
}

installed() {
  if command -v dpkg-query >/dev/null; then [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == *' installed' ]];
  elif command -v rpm >/dev/null; then rpm -q "$1" >/dev/null 2>&1;
  else apk info -e "$1" >/dev/null 2>&1; fi
}

manage() {
  if ! "$@" >"$MUSTER_JOB/work/packages" 2>&1; then
    refuse PackagesFailed "$(hostname): $1 failed: $(tail -c 500 "$MUSTER_JOB/work/packages")" 'mend it on the host, then retry this step.'
  fi
}

make_users() {
  local name group uid home shell
  while IFS= read -r -d '' name && IFS= read -r -d '' group && IFS= read -r -d '' uid && IFS= read -r -d '' home && IFS= read -r -d '' shell; do
    if ! getent group "$group" >/dev/null; then
      make groupadd --system "$group"
      result "{\"type\":\"made\",\"what\":$(json_string "group $group")}"
    fi
    if ! getent passwd "$name" >/dev/null; then
      make useradd --system --no-create-home ${uid:+--uid "$uid"} --gid "$group" --home-dir "$home" --shell "$shell" "$name"
      result "{\"type\":\"made\",\"what\":$(json_string "user $name")}"
    fi
  done <"$(param_file users)"
}

make() {
  local said
  if ! said=$("$@" 2>&1); then
    refuse UserFailed "$(hostname): $1 failed: $said" 'mend it on the host, then retry this step.'
  fi
}

main
