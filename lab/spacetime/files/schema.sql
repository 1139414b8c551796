-- SpaceTime's tables. :rows telemetry rows, and the others in proportion; the same rows each time.
CREATE TABLE players (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  level integer NOT NULL CHECK (level > 0),
  credits numeric(12, 2) NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE TABLE sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  player_id bigint NOT NULL REFERENCES players (id),
  scene text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX sessions_by_player ON sessions (player_id, started_at);
CREATE TABLE telemetry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id bigint NOT NULL REFERENCES sessions (id),
  at timestamptz NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL
);
CREATE INDEX telemetry_by_session ON telemetry (session_id, at);
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  detail text
);
CREATE TABLE canary_writes (
  id text PRIMARY KEY,
  at timestamptz NOT NULL,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO players (name, level, credits, created_at)
SELECT 'pilot-' || n, 1 + n % 60, (n * 37 % 100000) / 100.0, timestamptz '2025-01-01 00:00Z' + n * interval '7 minutes'
FROM generate_series(1, greatest(1, :rows / 5)) AS n;

INSERT INTO sessions (player_id, scene, started_at, ended_at)
SELECT 1 + n % greatest(1, :rows / 5), 'scene-' || n % 24, timestamptz '2025-06-01 00:00Z' + n * interval '3 minutes',
  CASE WHEN n % 10 > 0 THEN timestamptz '2025-06-01 00:40Z' + n * interval '3 minutes' END
FROM generate_series(1, greatest(1, :rows / 2)) AS n;

INSERT INTO telemetry (session_id, at, kind, payload)
SELECT 1 + n % greatest(1, :rows / 2), timestamptz '2025-06-01 00:01Z' + n * interval '1 minute',
  (ARRAY['position', 'frame', 'input', 'network'])[1 + n % 4],
  jsonb_build_object('sample', n, 'digest', md5(n::text), 'ms', n % 17)
FROM generate_series(1, :rows) AS n;

INSERT INTO audit_log (at, actor, action, detail)
SELECT timestamptz '2025-01-01 00:00Z' + n * interval '11 minutes', 'pilot-' || 1 + n % 500,
  (ARRAY['login', 'purchase', 'trade', 'ban', 'logout'])[1 + n % 5],
  CASE WHEN n % 7 = 0 THEN E'two\nlines, "quotes", a backslash \\ and ünïcode ' || n END
FROM generate_series(1, greatest(1, :rows / 3)) AS n;
