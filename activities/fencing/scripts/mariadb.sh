#!/usr/bin/env bash
# One word about a MariaDB server: may it be written? Arguments: verb system-user socket database [setting].
# `read_only` is the whole server's, and lets its administrators write on. Verbs as in postgresql.sh.
set -euo pipefail
verb=$1 system_user=$2 socket=$3 database=$4 setting=${5:-}

as_user() {
  if [[ $(id -un) == "$system_user" ]]; then "$@";
  elif [[ $(id -u) == 0 ]]; then runuser -u "$system_user" -- "$@";
  else sudo -n -u "$system_user" -- "$@"; fi
}

sql() { (cd / && as_user mariadb --no-defaults -S "$socket" -u "$system_user" --connect-timeout=5 -N -B --raw "$@"); }

end_sessions() {
  local id
  while read -r id; do
    echo "KILL CONNECTION $id" | sql --force 2>/dev/null || true
  done < <(echo "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER <> 'system user' AND DB = '$database'" | sql)
}

case $verb in
  state) echo 'SELECT @@GLOBAL.read_only' | sql ;;
  close)
    echo 'SET GLOBAL read_only = 1' | sql
    end_sessions
    ;;
  open) echo "SET GLOBAL read_only = $([[ $setting == 1 ]] && echo 1 || echo 0)" | sql ;;
  look)
    # A server that could not be asked is not closed.
    answer=$(echo 'SELECT @@GLOBAL.read_only' | sql)
    if [[ $answer == 0 ]]; then echo open; else echo closed; fi
    ;;
  lift)
    if [[ $(echo 'SELECT @@GLOBAL.read_only' | sql) == 0 ]]; then echo 'open already'; exit 0; fi
    echo 'SET GLOBAL read_only = 0' | sql
    echo opened
    ;;
  probe)
    # Not by a write of its own: the administrator who asks may write whatever is set.
    if ! answer=$(echo 'SELECT @@GLOBAL.read_only' | sql 2>&1); then
      # 2002: no server at its socket. Anything else says nothing of others who may write.
      if grep -q 'ERROR 2002' <<<"$answer"; then echo "refuses no server answers at $socket"; exit 0; fi
      head -n 3 <<<"$answer" >&2
      exit 1
    elif [[ $answer == 1 ]]; then echo 'refuses read_only is set'
    else echo accepts; fi
    ;;
esac
