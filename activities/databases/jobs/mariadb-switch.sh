# Moving whole databases of MariaDB, for restore and undo. It cannot rename a database, so all tables of both move in one RENAME
# TABLE, which is atomic; what RENAME cannot move (views, routines, triggers, events) is dropped before and made anew after it, from
# files that were written before anything was dropped. Sourced after mariadb.sh.
# shellcheck disable=SC2154

# A table of our own moves along with the others: where it is says on which side of the RENAME we are.
marker=muster_marker

has_table() { [[ -n $(echo "SELECT 1 FROM information_schema.tables WHERE table_schema = $(quoted "$1") AND table_name = $(quoted "$2")" | sql) ]]; }

# tables_of DB: each as SQL text, apart from our own. With the plan's wish for some tables, only these.
tables_of() {
  echo "SELECT CONCAT('\`', REPLACE(table_name, '\`', '\`\`'), '\`') FROM information_schema.tables
    WHERE table_schema = $(quoted "$1") AND table_type <> 'VIEW' AND table_name <> '$marker'${only:+ AND table_name IN ($only)} ORDER BY table_name" | sql
}

# drop_code DB: views, triggers, routines and events; of some tables only their triggers.
drop_code() {
  local of q
  of=$(quoted "$1")
  q="'\`', REPLACE(%s, '\`', '\`\`'), '\`;'"
  {
    echo "SELECT CONCAT('DROP TRIGGER \`$1\`.', ${q//%s/trigger_name}) FROM information_schema.triggers WHERE trigger_schema = $of${only:+ AND event_object_table IN ($only)};"
    if [[ -z $only ]]; then
      echo "SELECT CONCAT('DROP VIEW \`$1\`.', ${q//%s/table_name}) FROM information_schema.views WHERE table_schema = $of;
        SELECT CONCAT('DROP ', routine_type, ' \`$1\`.', ${q//%s/routine_name}) FROM information_schema.routines WHERE routine_schema = $of;
        SELECT CONCAT('DROP EVENT \`$1\`.', ${q//%s/event_name}) FROM information_schema.events WHERE event_schema = $of;"
    fi
  } | sql
}

# write_code DB FILE [what mariadb-dump is to write]: whole or not at all, and once.
write_code() {
  local db=$1 file=$2 views=() tables=()
  shift 2
  [[ ! -e $file ]] || return 0
  if [[ -n $only ]]; then
    mapfile -t tables < <(plain_names "$db" "table_type <> 'VIEW' AND table_name IN ($only)")
    if ((${#tables[@]})); then dump --no-data --no-create-info --triggers "$db" "${tables[@]}" >"$file.new"; else : >"$file.new"; fi
  else
    mapfile -t views < <(plain_names "$db" "table_type = 'VIEW'")
    dump --no-data --no-create-info "$@" "$db" >"$file.new"
    if ((${#views[@]})); then dump --no-data --skip-triggers "$db" "${views[@]}" >>"$file.new"; fi
  fi
  # The dump's first line would forbid a second dump in the same file.
  sed -i '/enable the sandbox mode/d' "$file.new"
  mv -T -- "$file.new" "$file"
}

plain_names() { echo "SELECT table_name FROM information_schema.tables WHERE table_schema = $(quoted "$1") AND table_name <> '$marker' AND $2" | sql; }

# exchange A AS B AS MARKED: the tables of A go to the first AS, those of B to the second, and the marker from B to MARKED.
exchange() {
  local a=$1 as_a=$2 b=$3 as_b=$4 marked=$5 moves=() table
  while IFS= read -r table; do moves+=("\`$a\`.$table TO \`$as_a\`.$table"); done < <(tables_of "$a")
  while IFS= read -r table; do moves+=("\`$b\`.$table TO \`$as_b\`.$table"); done < <(tables_of "$b")
  moves+=("\`$b\`.\`$marker\` TO \`$marked\`.\`$marker\`")
  {
    echo 'SET SESSION lock_wait_timeout = 15;'
    drop_code "$a"
    [[ $b == "$fresh" && -z $only ]] || drop_code "$b"
    printf 'RENAME TABLE %s' "${moves[0]}"
    printf ', %s' "${moves[@]:1}"
    echo ';'
  } >"$W/exchange.sql"
  local try
  for try in 1 2 3; do
    send_away "$a" "$b"
    if sql <"$W/exchange.sql" 2>"$W/exchange.errors"; then return 0; fi
    # What was dropped before the RENAME failed is not dropped twice.
    { echo 'SET SESSION lock_wait_timeout = 15;'; drop_code "$a"; [[ $b == "$fresh" && -z $only ]] || drop_code "$b"; grep '^RENAME' "$W/exchange.sql"; } >"$W/exchange.again"
    mv -- "$W/exchange.again" "$W/exchange.sql"
    sleep "0.$try"
  done
  refuse SwitchFailed "$(hostname): the tables of $database could not be moved: $(head -c 500 "$W/exchange.errors")" \
    'stop what is connected to it, then retry this step.'
}

# Sessions of a database are ended: one that sleeps in a transaction would hold the RENAME up.
send_away() {
  echo "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE db IN ($(quoted "$1"), $(quoted "$2")) AND id <> CONNECTION_ID()" |
    sql | sql --force 2>/dev/null || true
}

# like DB: its character set, collation and comment, as one ALTER that gives them back to `database`.
like() {
  echo "SELECT CONCAT('ALTER DATABASE \`$database\` CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name, ' COMMENT ', QUOTE(schema_comment), ';')
    FROM information_schema.schemata WHERE schema_name = $(quoted "$1")" | sql
}

make_database() { echo "CREATE DATABASE IF NOT EXISTS \`$1\` CHARACTER SET $2 COLLATE $3 COMMENT $(quoted "${4:-}")" | sql; }

drop_database() { echo "DROP DATABASE IF EXISTS \`$1\`" | sql; }

# The tables that a restore was asked for, as a list in SQL; empty for all.
only=
read_only() {
  local table
  [[ -n $(cat "$(param_file tables)") ]] || return 0
  while IFS= read -r table; do only+="${only:+, }$(quoted "$table")"; done <"$(param_file tables)"
}
