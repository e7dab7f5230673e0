-- Times are integer milliseconds since 1970-01-01 UTC, 0 = never. Paths are relative to the
-- library's root. Ids are UUIDv7 text, so that they sort by time of creation. JSON is text that the
-- program wrote itself; NULL where there is none yet.

CREATE TABLE asset (
  seq                INTEGER PRIMARY KEY,  -- what asset_text points to
  id                 TEXT NOT NULL UNIQUE CHECK (id <> ''),
  revision           INTEGER NOT NULL CHECK (revision >= 1),
  name               TEXT NOT NULL,
  title              TEXT NOT NULL,  -- of the metadata, for the search
  description        TEXT NOT NULL,
  description_sha256 TEXT NOT NULL,
  state              TEXT NOT NULL CHECK (state IN (
                       'received', 'waiting_metadata', 'inspecting', 'probing', 'awaiting_approval',
                       'transcoding', 'processed', 'rejected', 'failed', 'unable_to_process',
                       'expired', 'cancelled')),
  detail             TEXT NOT NULL,
  source_path        TEXT NOT NULL,
  source_size        INTEGER NOT NULL,
  source_mtime_ns    INTEGER NOT NULL,
  source_inode       INTEGER NOT NULL,  -- the 64 bits of an unsigned number
  source_sha256      TEXT NOT NULL,
  sidecar_path       TEXT NOT NULL,
  sidecar_sha256     TEXT NOT NULL,
  metadata           TEXT,
  facts              TEXT,
  output_path        TEXT NOT NULL,
  moves              TEXT,
  created_ms         INTEGER NOT NULL,
  updated_ms         INTEGER NOT NULL,
  wake_ms            INTEGER NOT NULL CHECK (wake_ms >= 0)
) STRICT;
CREATE INDEX asset_by_state ON asset (state, id);
CREATE INDEX asset_by_moves ON asset (id) WHERE moves IS NOT NULL;
CREATE INDEX asset_by_wake ON asset (wake_ms) WHERE wake_ms > 0;
-- One file is the source of one asset at a time; one sidecar may serve several.
CREATE UNIQUE INDEX asset_by_source ON asset (source_path)
  WHERE source_path <> ''
    AND state NOT IN ('processed', 'rejected', 'unable_to_process', 'expired', 'cancelled');
CREATE INDEX asset_by_sidecar ON asset (sidecar_path)
  WHERE sidecar_path <> ''
    AND state NOT IN ('processed', 'rejected', 'unable_to_process', 'expired', 'cancelled');

-- Trigrams find any part of three letters or more, as people remember names of files.
CREATE VIRTUAL TABLE asset_text USING fts5 (
  name, title, id, content = 'asset', content_rowid = 'seq', tokenize = 'trigram');
CREATE TRIGGER asset_text_insert AFTER INSERT ON asset BEGIN
  INSERT INTO asset_text (rowid, name, title, id) VALUES (new.seq, new.name, new.title, new.id);
END;
CREATE TRIGGER asset_text_update AFTER UPDATE OF name, title ON asset
  WHEN old.name <> new.name OR old.title <> new.title BEGIN
  INSERT INTO asset_text (asset_text, rowid, name, title, id)
    VALUES ('delete', old.seq, old.name, old.title, old.id);
  INSERT INTO asset_text (rowid, name, title, id) VALUES (new.seq, new.name, new.title, new.id);
END;
CREATE TRIGGER asset_text_delete AFTER DELETE ON asset BEGIN
  INSERT INTO asset_text (asset_text, rowid, name, title, id)
    VALUES ('delete', old.seq, old.name, old.title, old.id);
END;

CREATE TABLE output_reservation (
  path     TEXT PRIMARY KEY,
  asset_id TEXT NOT NULL REFERENCES asset (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
  id             TEXT PRIMARY KEY CHECK (id <> ''),
  asset_id       TEXT NOT NULL REFERENCES asset (id),
  revision       INTEGER NOT NULL CHECK (revision >= 1),
  kind           TEXT NOT NULL CHECK (kind IN (
                   'inspect', 'probe', 'rendition', 'captions', 'publish', 'import', 'notify')),
  variant        TEXT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN (
                   'blocked', 'ready', 'leased', 'staged', 'done', 'dead', 'cancelled')),
  lane           TEXT NOT NULL CHECK (lane IN ('light', 'probe', 'encode')),
  priority       INTEGER NOT NULL,
  attempt        INTEGER NOT NULL CHECK (attempt >= 0),
  max_attempts   INTEGER NOT NULL,
  crashes        INTEGER NOT NULL,
  fence          INTEGER NOT NULL CHECK (fence >= 0),
  run_at_ms      INTEGER NOT NULL,
  lease_until_ms INTEGER NOT NULL,
  deadline_ms    INTEGER NOT NULL,
  owner          TEXT NOT NULL,
  run_id         TEXT NOT NULL,
  error_class    TEXT NOT NULL,
  error          TEXT NOT NULL,
  staged         TEXT,
  created_ms     INTEGER NOT NULL,
  updated_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX job_of_asset ON job (asset_id, revision);
CREATE INDEX job_by_state ON job (state, id);
CREATE INDEX job_to_claim ON job (lane, priority DESC, run_at_ms, id) WHERE state = 'ready';
CREATE INDEX job_to_wake ON job (run_at_ms) WHERE state = 'ready';
CREATE INDEX job_by_lease ON job (lease_until_ms) WHERE state = 'leased';
-- The same work is never queued twice; doing it again later is a new job.
CREATE UNIQUE INDEX job_alive ON job (asset_id, revision, kind, variant)
  WHERE state NOT IN ('done', 'dead', 'cancelled');

CREATE TABLE run (
  id         TEXT PRIMARY KEY CHECK (id <> ''),
  asset_id   TEXT NOT NULL REFERENCES asset (id),
  stage      TEXT NOT NULL,
  owner      TEXT NOT NULL,
  boot_id    TEXT NOT NULL,
  pid        INTEGER NOT NULL,
  pid_start  INTEGER NOT NULL,
  folder     TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  ended_ms   INTEGER NOT NULL,
  outcome    TEXT NOT NULL CHECK (outcome IN ('', 'ok', 'failed', 'crashed', 'killed', 'lost'))
) STRICT;
CREATE INDEX run_open ON run (id) WHERE ended_ms = 0;

-- run_id is free: light jobs are done within the host and have no process of their own.
CREATE TABLE attempt (
  job_id      TEXT NOT NULL REFERENCES job (id),
  fence       INTEGER NOT NULL,
  run_id      TEXT NOT NULL,
  number      INTEGER NOT NULL,
  started_ms  INTEGER NOT NULL,
  ended_ms    INTEGER NOT NULL,
  outcome     TEXT NOT NULL,
  error_class TEXT NOT NULL,
  error       TEXT NOT NULL,
  log         TEXT NOT NULL,
  PRIMARY KEY (job_id, fence)
) STRICT;

CREATE TABLE output (
  asset_id   TEXT NOT NULL REFERENCES asset (id),
  revision   INTEGER NOT NULL,
  name       TEXT NOT NULL,
  path       TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size       INTEGER NOT NULL,
  sha256     TEXT NOT NULL,
  info       TEXT,
  PRIMARY KEY (asset_id, revision, name)
) STRICT;

CREATE TABLE approval (
  id         TEXT PRIMARY KEY CHECK (id <> ''),
  asset_id   TEXT NOT NULL REFERENCES asset (id),
  revision   INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state IN (
               'pending', 'approved', 'rejected', 'expired', 'superseded')),
  quorum     INTEGER NOT NULL CHECK (quorum >= 1),
  reviewers  TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  decided_ms INTEGER NOT NULL,
  decisions  TEXT
) STRICT;
CREATE INDEX approval_of_asset ON approval (asset_id, revision, id);
CREATE UNIQUE INDEX approval_pending ON approval (asset_id, revision) WHERE state = 'pending';

-- Append-only; chained per asset by hashes.
CREATE TABLE event (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  asset_id      TEXT NOT NULL,  -- '' for what concerns no asset
  number        INTEGER NOT NULL CHECK (number >= 1),
  kind          TEXT NOT NULL,
  at_ms         INTEGER NOT NULL,
  data          TEXT,
  previous_hash TEXT NOT NULL,
  hash          TEXT NOT NULL,
  UNIQUE (asset_id, number)
) STRICT;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN
  SELECT RAISE (ABORT, 'events are never changed');
END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN
  SELECT RAISE (ABORT, 'events are never removed');
END;

CREATE TABLE outbox (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE CHECK (id <> ''),
  endpoint      TEXT NOT NULL,
  topic         TEXT NOT NULL,
  asset_id      TEXT NOT NULL,
  body          TEXT,
  state         TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
  attempt       INTEGER NOT NULL,
  not_before_ms INTEGER NOT NULL,
  error         TEXT NOT NULL,
  created_ms    INTEGER NOT NULL,
  sent_ms       INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_waiting ON outbox (endpoint, seq) WHERE state = 'waiting';
CREATE INDEX outbox_of_asset ON outbox (asset_id, seq);

CREATE TABLE description (
  sha256 TEXT PRIMARY KEY,
  name   TEXT NOT NULL,
  text   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
