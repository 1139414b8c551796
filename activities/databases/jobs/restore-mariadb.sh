#!/bin/bash
# Restores a MariaDB database beside the present one, checks it, then moves all tables of both in one RENAME TABLE: what was there is
# kept as <db>_before_<run>. What was done stands in comments of the databases and in where our marker table lies, so that a second
# run finds it. With `into` a database of that name is made, and nothing is switched.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: point, run, component, parts, gets, locations, database, socket, system-user, charset, collation, server (version of the dump),
#         size, into (or empty), tables (lines), accounts (NUL-separated triples: name, role|user, grants), checks (NUL-separated
#         triples: name, query, expected), parts.sh, mariadb.sh, mariadb-switch.sh, mariadb-replay.sh, and for a moment those
#         that stand there
# secrets: key.<point>, client.cnf (optional)
# results: repaired, done-already, check, kept, reached, summary
# restored/<component>.<point>.<run>: .kept (name, empty where nothing was there), .only (tables), .alter, .grants, .old.sql, .new.sql, .code.sql

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file mariadb.sh)"
. "$(param_file mariadb-switch.sh)"
. "$(param_file mariadb-replay.sh)"

main() {
  find_tools
  name_databases
  read_only
  into=$(param into)
  reach
  if older "$server" "$(param server)"; then
    refuse ServerTooOld "$(hostname): $server is older than the dump ($(param server))." 'install the same or a newer version there.'
  fi
  if [[ $(comment "${into:-$database}") == "$note" ]]; then
    [[ -n $into ]] || tidy
    result '{"type":"done-already","at":""}'
    exit 0
  fi
  if [[ -n $into ]]; then choose_into; fi
  read_kept
  if ! has_table "$kept" "$marker"; then
    if [[ $(comment "$fresh") != "$loaded" ]]; then load; fi
    if [[ -n $into ]]; then
      say_comment "$into" "$note"
      finished
      return 0
    fi
    check_links
    prepare_switch
    exchange "$database" "$kept" "$fresh" "$database" "$kept"
  fi
  finish_switch
  finished
}

finished() { result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"; }

choose_into() {
  local says
  if exists_database "$into"; then
    says=$(comment "$into")
    [[ $says == "$loading" || $says == "$loaded" ]] ||
      refuse DatabaseExists "$(hostname) has a database $into already." 'choose another name, or drop it.'
  fi
  fresh=$into
}

load() {
  local data
  data=$(echo 'SELECT @@datadir' | sql)
  need_room "$data" "$(param size)" "the database $database"
  need_room "$W" 134217728 'the fetched parts'
  [[ -n $into || -n $only ]] || make_accounts
  drop_database "$fresh"
  make_database "$fresh" "$(param charset)" "$(param collation)" "$loading"
  rm -f -- "$mark".{new,code}.sql
  progress 0 1 'loading the dump'
  if [[ -n $(param until) ]]; then
    replay
  else
    load_dump "$fresh"
    run_checks "$fresh"
    [[ -n $into ]] || write_triggers
  fi
  say_comment "$fresh" "$loaded"
}

# load_dump DB [sql]: streamed from the store; a dump that is cut off is loaded anew.
load_dump() {
  if ! open_archive 0 | inflate | ${2:-sql} "$1" 2>"$W/load.errors"; then
    if [[ -s $W/load.errors ]]; then
      refuse RestoreFailed "$(hostname): loading $database: $(head -c 500 "$W/load.errors")" 'mend what it names, then retry this step.'
    fi
    exit 75
  fi
}

# Their text may name the database, so they are loaded only when the tables have its name.
write_triggers() {
  open_archive 1 | inflate >"$mark.code.sql.new"
  mv -T -- "$mark.code.sql.new" "$mark.code.sql"
}

# Those that are missing come back locked and without a password: nobody gets in who could not before. What they may is granted when
# the tables are there.
make_accounts() {
  local name kind grants
  while IFS= read -r -d '' name && IFS= read -r -d '' kind && IFS= read -r -d '' grants; do
    [[ -z $(echo "SELECT 1 FROM mysql.user WHERE IF(host = '', CONCAT('\`', user, '\`'), CONCAT('\`', user, '\`@\`', host, '\`')) = $(quoted "$name")" | sql) ]] || continue
    if [[ $kind == role ]]; then echo "CREATE ROLE IF NOT EXISTS $name;"; else echo "CREATE USER IF NOT EXISTS $name ACCOUNT LOCK;"; fi
    printf '%s' "$grants" >>"$mark.grants"
  done <"$(param_file accounts)" >"$W/accounts.sql"
  sql <"$W/accounts.sql"
}

read_kept() {
  if [[ -e $mark.kept ]]; then
    had=$(cat -- "$mark.kept")
    kept=${had:-$kept}
  else
    while exists_database "$kept"; do kept=$(printf '%.62s_2' "$kept"); done
  fi
}

# A foreign key follows its table: between one that is restored and one that is not it would lead into what is kept.
check_links() {
  local links
  [[ -n $only ]] || return 0
  links=$(echo "SELECT CONCAT(table_name, ' and ', referenced_table_name) FROM information_schema.referential_constraints
    WHERE constraint_schema IN ($(quoted "$database"), $(quoted "$fresh")) AND ((table_name IN ($only)) <> (referenced_table_name IN ($only))) LIMIT 1" | sql)
  if [[ -n $links ]]; then
    refuse TablesLinked "$(hostname): a foreign key of $database links $links." 'name both tables, or restore into another database.'
  fi
  [[ $(tables_of "$fresh" | wc -l) == $(wc -l <"$(param_file tables)") ]] ||
    refuse TableMissing "$(hostname): the recovery point has of these tables only: $(tables_of "$fresh" | paste -sd' ')." 'correct the names.'
}

# All that is needed to go on, or back, is written before anything is touched.
prepare_switch() {
  if [[ ! -e $mark.kept ]]; then
    printf '%s' "$only" >"$mark.only"
    had=
    if exists_database "$database"; then had=$kept; fi
    printf '%s' "$had" >"$mark.kept.new"
    mv -T -- "$mark.kept.new" "$mark.kept"
  fi
  if [[ -n $had ]]; then
    if [[ ! -e $mark.alter ]]; then like "$database" >"$mark.alter.new" && mv -T -- "$mark.alter.new" "$mark.alter"; fi
    write_code "$database" "$mark.old.sql" --routines --triggers --events
  else
    make_database "$database" "$(param charset)" "$(param collation)"
  fi
  if [[ -z $only ]]; then write_code "$fresh" "$mark.new.sql" --routines --skip-triggers; fi
  make_database "$kept" "$(param charset)" "$(param collation)" "muster: what $database was before run $(param run)"
  echo "CREATE TABLE IF NOT EXISTS \`$fresh\`.\`$marker\` (id INT) ENGINE=InnoDB" | sql
}

# After the RENAME; done again from its beginning when it was interrupted.
finish_switch() {
  drop_code "$database" | sql
  if [[ -z $only ]]; then
    sql "$database" <"$mark.new.sql"
    sql "$database" <"$mark.code.sql"
    echo "ALTER DATABASE \`$database\` CHARACTER SET $(param charset) COLLATE $(param collation)" | sql
  else
    only_triggers | sql "$database"
  fi
  # A grant on what is gone since holds nobody up.
  [[ ! -e $mark.grants ]] || sql --force <"$mark.grants" || true
  say_comment "$database" "$note"
  tidy
  if [[ -n $(cat -- "$mark.kept") ]]; then result "{\"type\":\"kept\",\"path\":$(json_string "$kept")}"; fi
}

# The triggers of the tables that were restored, out of those of all: a section a table, by its name in base64.
only_triggers() {
  local sections
  sections=$(while IFS= read -r table; do printf '%s' "$table" | base64 -w 0; echo; done <"$(param_file tables)" | paste -sd' ')
  awk -v sections=" $sections " '/^-- muster: /{ on = $3 == "triggers" && index(sections, " " $5 " ") } on' "$mark.code.sql"
}

tidy() {
  read_kept
  drop_database "$fresh"
  if has_table "$kept" "$marker"; then
    if [[ -e $mark.kept && -z $(cat -- "$mark.kept") ]]; then drop_database "$kept"; else echo "DROP TABLE \`$kept\`.\`$marker\`" | sql; fi
  fi
  rm -f -- "$mark".{new,code}.sql "$mark.grants"
}

main
