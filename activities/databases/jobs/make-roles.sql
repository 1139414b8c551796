-- Makes the roles that are missing, with what they were, in one transaction. A role that is there is not changed; where it
-- differs, and where a role is made with less than it had, a line says so. `given` holds the dump's facts (JSON).
CREATE TEMP TABLE said (n serial, what text);
DO $roles$
DECLARE
  globals jsonb := (SELECT j -> 'globals' FROM given);
  one jsonb;
  made text[] := '{}';
  setting text;
BEGIN
  FOR one IN SELECT * FROM jsonb_array_elements(globals -> 'roles') LOOP
    CONTINUE WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = one ->> 'name');
    EXECUTE format('CREATE ROLE %I %s %s %s CONNECTION LIMIT %s', one ->> 'name',
      CASE WHEN (one ->> 'login')::bool THEN 'LOGIN' ELSE 'NOLOGIN' END,
      CASE WHEN (one ->> 'inherit')::bool THEN 'INHERIT' ELSE 'NOINHERIT' END,
      CASE WHEN (one ->> 'createdb')::bool THEN 'CREATEDB' ELSE 'NOCREATEDB' END, one ->> 'limit');
    IF one ->> 'until' IS NOT NULL THEN EXECUTE format('ALTER ROLE %I VALID UNTIL %L', one ->> 'name', one ->> 'until'); END IF;
    made := made || (one ->> 'name');
    IF (one ->> 'login')::bool THEN
      INSERT INTO said (what) VALUES (format('role %s was made without a password', one ->> 'name'));
    END IF;
    IF jsonb_array_length(one -> 'powers') > 0 THEN
      INSERT INTO said (what) SELECT format('role %s was made without %s', one ->> 'name', string_agg(p, ', '))
        FROM jsonb_array_elements_text(one -> 'powers') p;
    END IF;
    FOR setting IN SELECT * FROM jsonb_array_elements_text(one -> 'settings') LOOP
      BEGIN
        EXECUTE format('ALTER ROLE %I %s', one ->> 'name', pg_temp.set_clause(setting));
      EXCEPTION WHEN OTHERS THEN
        INSERT INTO said (what) VALUES (format('role %s was made without its setting %s: %s', one ->> 'name', setting, SQLERRM));
      END;
    END LOOP;
  END LOOP;
  FOR one IN SELECT * FROM jsonb_array_elements(globals -> 'memberships') LOOP
    CONTINUE WHEN EXISTS (SELECT 1 FROM pg_auth_members m WHERE pg_get_userbyid(m.member) = one ->> 'member'
                          AND pg_get_userbyid(m.roleid) = one ->> 'role');
    IF one ->> 'member' = ANY (made) AND one ->> 'role' !~ '^pg_' THEN
      EXECUTE format('GRANT %I TO %I%s', one ->> 'role', one ->> 'member',
        CASE WHEN (one ->> 'admin')::bool THEN ' WITH ADMIN OPTION' ELSE '' END);
    ELSE
      INSERT INTO said (what) VALUES (format('role %s was a member of %s, and is not here', one ->> 'member', one ->> 'role'));
    END IF;
  END LOOP;
END $roles$;
SELECT replace(what, E'\n', ' ') FROM said ORDER BY n;
