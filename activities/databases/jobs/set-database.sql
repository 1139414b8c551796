-- Settings and grants of the database itself, on the one that was just loaded and is connected to. `given` holds the dump's facts.
CREATE TEMP TABLE said (n serial, what text);
DO $settings$
DECLARE
  globals jsonb := (SELECT j -> 'globals' FROM given);
  one jsonb;
BEGIN
  FOR one IN SELECT * FROM jsonb_array_elements(globals -> 'settings') LOOP
    BEGIN
      EXECUTE CASE WHEN one ->> 'role' IS NULL THEN format('ALTER DATABASE %I ', current_database())
        ELSE format('ALTER ROLE %I IN DATABASE %I ', one ->> 'role', current_database()) END || pg_temp.set_clause(one ->> 'setting');
    EXCEPTION WHEN OTHERS THEN
      INSERT INTO said (what) VALUES (format('the setting %s was left out: %s', one ->> 'setting', SQLERRM));
    END;
  END LOOP;
  IF jsonb_typeof(globals -> 'grants') = 'array' THEN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    FOR one IN SELECT * FROM jsonb_array_elements(globals -> 'grants') LOOP
      BEGIN
        EXECUTE format('GRANT %s ON DATABASE %I TO %s%s', one ->> 'what', current_database(),
          CASE WHEN one ->> 'to' IS NULL THEN 'PUBLIC' ELSE quote_ident(one ->> 'to') END,
          CASE WHEN (one ->> 'grantable')::bool THEN ' WITH GRANT OPTION' ELSE '' END);
      EXCEPTION WHEN OTHERS THEN
        INSERT INTO said (what) VALUES (format('%s on the database was not granted to %s: %s', one ->> 'what', one ->> 'to', SQLERRM));
      END;
    END LOOP;
  END IF;
END $settings$;
SELECT replace(what, E'\n', ' ') FROM said ORDER BY n;
