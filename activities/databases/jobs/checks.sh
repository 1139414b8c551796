# Shared by the database scripts: the plan's checks and their answers. Sourced after parts.sh.

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

# ask_in_session NAME QUERY: within the snapshot that `ask` holds open.
ask_in_session() { ask "${2%;};"; }

# ask_restored NAME QUERY: a database that nobody holds still.
ask_restored() {
  # shellcheck disable=SC2154
  printf '%s;\n' "${2%;}" | sql "$database" 2>"$W/errors" ||
    refuse QueryFailed "$(hostname): check $1 of $database failed: $(head -c 300 "$W/errors")" 'look at the database and the query.'
}
