-- What a restore has to know of this database beyond its dump. One line of JSON. Passwords are not read.
WITH RECURSIVE db AS (
  SELECT d.*, to_jsonb(d) AS j FROM pg_database d WHERE datname = current_database()
), seen(oid) AS (
  -- Owners, grantees, roles of policies and settings; then the groups they are in and the members they have.
  SELECT s.refobjid FROM pg_shdepend s, db WHERE s.refclassid = 'pg_authid'::regclass AND s.dbid = db.oid
  UNION SELECT datdba FROM db
  UNION SELECT a.grantee FROM db, aclexplode(db.datacl) a WHERE a.grantee <> 0
  UNION SELECT s.setrole FROM pg_db_role_setting s, db WHERE s.setdatabase = db.oid AND s.setrole <> 0
  UNION
  SELECT CASE WHEN m.member = seen.oid THEN m.roleid ELSE m.member END
  FROM pg_auth_members m JOIN seen ON seen.oid IN (m.member, m.roleid) JOIN pg_roles r ON r.oid = seen.oid
  WHERE r.rolname !~ '^pg_'
), used AS (
  SELECT r.* FROM pg_roles r JOIN seen USING (oid) WHERE r.rolname !~ '^pg_'
)
SELECT json_build_object(
  'database', db.datname, 'owner', pg_get_userbyid(db.datdba), 'encoding', pg_encoding_to_char(db.encoding),
  'collate', db.datcollate, 'ctype', db.datctype,
  -- Columns that older servers do not have.
  'provider', coalesce(db.j ->> 'datlocprovider', 'c'),
  'icuLocale', coalesce(db.j ->> 'daticulocale', db.j ->> 'datlocale'),
  'serverVersion', current_setting('server_version'), 'size', pg_database_size(db.oid),
  'roles', (SELECT coalesce(json_agg(rolname ORDER BY rolname), '[]') FROM used),
  'extensions', (SELECT coalesce(json_agg(extname ORDER BY extname), '[]') FROM pg_extension),
  'tablespaces', (SELECT coalesce(json_agg(DISTINCT t.spcname), '[]') FROM pg_tablespace t
                  WHERE t.oid IN (SELECT reltablespace FROM pg_class)),
  'globals', json_build_object(
    'roles', (SELECT coalesce(json_agg(json_build_object('name', rolname, 'login', rolcanlogin, 'inherit', rolinherit,
        'createdb', rolcreatedb, 'limit', rolconnlimit, 'until', nullif(rolvaliduntil, 'infinity'),
        'powers', array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
                                     CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL),
        'settings', (SELECT coalesce(json_agg(c), '[]') FROM pg_db_role_setting s, unnest(s.setconfig) c
                     WHERE s.setrole = used.oid AND s.setdatabase = 0)) ORDER BY rolname), '[]') FROM used),
    'memberships', (SELECT coalesce(json_agg(json_build_object('role', g.rolname, 'member', used.rolname, 'admin', m.admin_option)), '[]')
                    FROM pg_auth_members m JOIN used ON used.oid = m.member JOIN pg_roles g ON g.oid = m.roleid),
    'settings', (SELECT coalesce(json_agg(json_build_object('role', r.rolname, 'setting', c)), '[]')
                 FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c WHERE s.setdatabase = db.oid),
    'grants', (SELECT json_agg(json_build_object('to', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END,
                      'what', a.privilege_type, 'grantable', a.is_grantable))
               FROM aclexplode(db.datacl) a)))
FROM db;
