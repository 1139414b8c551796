-- `name=value` of pg_db_role_setting as a SET clause. Lists of names are stored quoted, and are given item by item.
CREATE FUNCTION pg_temp.set_clause(setting text) RETURNS text LANGUAGE sql AS $f$
  SELECT format('SET %s TO %s', (SELECT string_agg(quote_ident(p), '.') FROM regexp_split_to_table(split_part(setting, '=', 1), '\.') p),
    CASE WHEN split_part(setting, '=', 1) IN ('search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries')
      THEN (SELECT string_agg(quote_literal(trim(BOTH '"' FROM item)), ', ')
            FROM regexp_split_to_table(substr(setting, strpos(setting, '=') + 1), ',\s*') item)
      ELSE quote_literal(substr(setting, strpos(setting, '=') + 1)) END)
$f$;
