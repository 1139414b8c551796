# Shared by the database scripts: the plan's checks, their answers, and a session that stays open while others read. Sourced after parts.sh.
# Of the driver: sql (statements from stdin), mark_statement MARK (a statement that says MARK back), $database.

# answer_checks COMMAND: it is given name and query of each check, and says the answer on stdout.
answer_checks() {
  local name query value
  while IFS= read -r -d '' name && IFS= read -r -d '' query; do
    value=$("$1" "$name" "$query")
    tell_answer "$name" "$value"
  done <"$(param_file checks)"
}

tell_answer() {
  result "{\"type\":\"check\",\"name\":$(json_string "$1"),\"value\":\"$(printf '%s' "$2" | base64 -w 0)\"}"
}

# open_session [OPTIONS of sql]: its statements go in by `ask`.
open_session() {
  mkfifo "$W/session.in" "$W/session.out"
  sql "$@" <"$W/session.in" >"$W/session.out" 2>"$W/session.errors" &
  exec {session_in}>"$W/session.in" {session_out}<"$W/session.out"
}

# ask SQL: the answer up to a mark of our own; a session that ended says why.
ask() {
  local mark=muster-$RANDOM$RANDOM line answer='' first=yes
  # A session that gives up on the statement is gone before it reads the mark: what it said is in its errors.
  (trap '' PIPE && printf '%s\n%s\n' "$1" "$(mark_statement "$mark")" >&"$session_in") 2>/dev/null || true
  while IFS= read -r line <&"$session_out"; do
    if [[ $line == "$mark" ]]; then
      printf '%s' "$answer"
      return 0
    fi
    if [[ -n $first ]]; then answer=$line first=; else answer+=$'\n'$line; fi
  done
  if grep -qiE 'lock (wait )?timeout' "$W/session.errors"; then
    try_again "the server did not grant \`$1\` in time; a long query holds it up"
  fi
  # shellcheck disable=SC2154
  refuse QueryFailed "$(hostname): $database does not answer \`${1:0:200}\`: $(head -c 500 "$W/session.errors")" \
    'correct the query in the plan, or look at the server.'
}

close_session() { exec {session_in}>&- {session_out}<&-; }

# ask_in_session NAME QUERY: within the snapshot that `ask` holds open.
ask_in_session() { ask "${2%;};"; }

# ask_restored NAME QUERY: a database that nobody holds still.
ask_restored() {
  # shellcheck disable=SC2154
  printf '%s;\n' "${2%;}" | sql "$database" 2>"$W/errors" ||
    refuse QueryFailed "$(hostname): check $1 of $database failed: $(head -c 300 "$W/errors")" 'look at the database and the query.'
}
