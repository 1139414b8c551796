#!/bin/bash
# Puts a MariaDB database back as it was before restore-mariadb.sh switched a recovery point in: all tables of both move in one RENAME
# TABLE, views, routines, triggers and events come back from what was written down. What was restored is dropped: the point has it.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: point, run, component, into (or empty), database, socket, system-user, parts.sh, mariadb.sh, mariadb-switch.sh
# secrets: client.cnf (optional)
# results: put-back, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file mariadb.sh)"
. "$(param_file mariadb-switch.sh)"

main() {
  find_tools
  name_databases
  reach
  into=$(param into)
  if [[ -n $into ]]; then
    [[ $(comment "$into") != *"$note" && $(comment "$into") != "$loading" && $(comment "$into") != "$loaded" ]] || drop_database "$into"
    finished
    return 0
  fi
  undone=${kept:0:57}_undone
  only=$([[ ! -e $mark.only ]] || cat -- "$mark.only")
  if [[ -e $mark.kept ]]; then
    had=$(cat -- "$mark.kept")
    kept=${had:-$kept}
    if has_table "$undone" "$marker"; then finish;
    elif [[ $(comment "$database") == "$note" ]] || has_table "$kept" "$marker"; then put_back;
    else as_it_was; fi
  fi
  drop_database "$fresh"
  drop_database "$undone"
  rm -f -- "$mark".{kept,only,alter,grants,old.sql,new.sql,code.sql}
  finished
}

finished() { result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"; }

put_back() {
  if [[ -n $had ]] && ! exists_database "$kept"; then
    refuse KeptMissing "$(hostname): $kept, which $database was before, is not there any more." \
      'look for it among the databases; what was restored serves on.'
  fi
  make_database "$kept" utf8mb4 utf8mb4_general_ci
  make_database "$undone" utf8mb4 utf8mb4_general_ci
  echo "CREATE TABLE IF NOT EXISTS \`$kept\`.\`$marker\` (id INT) ENGINE=InnoDB" | sql
  exchange "$database" "$undone" "$kept" "$database" "$undone"
  finish
}

# After the RENAME; done again from its beginning when it was interrupted.
finish() {
  if [[ -z $had ]]; then drop_database "$database"; else code_back; fi
  drop_database "$kept"
  result "{\"type\":\"put-back\",\"path\":$(json_string "$database")}"
}

code_back() {
  drop_code "$database" | sql
  sql "$database" <"$mark.old.sql"
  sql <"$mark.alter"
}

# Nothing was switched in; views, triggers and events may have been taken out for it already.
as_it_was() {
  if [[ -n $had && -e $mark.new.sql || -n $had && -n $only && -e $mark.old.sql ]]; then code_back; fi
  if [[ -z $had && -z $(tables_of "$database") ]]; then drop_database "$database"; fi
  if [[ -z $(tables_of "$kept") ]]; then drop_database "$kept"; fi
}

main
