-- The same tables as in SQLite. Times are integer milliseconds since 1970-01-01 UTC, 0 = never. Paths
-- are relative to the library's root. Ids are UUIDv7 text, so that they sort by time of creation.
-- JSON is text that the program wrote itself, byte for byte as the hashes of the events need it; NULL
-- where there is none yet. What is sorted is sorted by bytes (COLLATE "C"), however the database was
-- created.

CREATE TABLE asset (
  id                 text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
  revision           bigint NOT NULL CHECK (revision >= 1),
  name               text NOT NULL,
  title              text NOT NULL,  -- of the metadata, for the search
  description        text NOT NULL,
  description_sha256 text NOT NULL,
  state              text NOT NULL CHECK (state IN (
                       'received', 'waiting_metadata', 'inspecting', 'probing', 'awaiting_approval',
                       'transcoding', 'processed', 'rejected', 'failed', 'unable_to_process',
                       'expired', 'cancelled')),
  detail             text NOT NULL,
  source_path        text NOT NULL,
  source_size        bigint NOT NULL,
  source_mtime_ns    bigint NOT NULL,
  source_inode       bigint NOT NULL,  -- the 64 bits of an unsigned number
  source_sha256      text NOT NULL,
  sidecar_path       text NOT NULL,
  sidecar_sha256     text NOT NULL,
  metadata           text,
  facts              text,
  output_path        text NOT NULL,
  moves              text,
  created_ms         bigint NOT NULL,
  updated_ms         bigint NOT NULL,
  wake_ms            bigint NOT NULL CHECK (wake_ms >= 0),
  search_text        text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
                       lower((name || E'\x1f' || title || E'\x1f' || id) COLLATE "default")) STORED
);
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
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX asset_by_text ON asset USING gin (search_text gin_trgm_ops);

CREATE TABLE output_reservation (
  path     text COLLATE "C" PRIMARY KEY,
  asset_id text COLLATE "C" NOT NULL REFERENCES asset (id)
);

CREATE TABLE job (
  id             text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
  asset_id       text COLLATE "C" NOT NULL REFERENCES asset (id),
  revision       bigint NOT NULL CHECK (revision >= 1),
  kind           text NOT NULL CHECK (kind IN (
                   'inspect', 'probe', 'rendition', 'captions', 'publish', 'import', 'notify')),
  variant        text COLLATE "C" NOT NULL,
  state          text NOT NULL CHECK (state IN (
                   'blocked', 'ready', 'leased', 'staged', 'done', 'dead', 'cancelled')),
  lane           text NOT NULL CHECK (lane IN ('light', 'probe', 'encode')),
  priority       bigint NOT NULL,
  attempt        bigint NOT NULL CHECK (attempt >= 0),
  max_attempts   bigint NOT NULL,
  crashes        bigint NOT NULL,
  fence          bigint NOT NULL CHECK (fence >= 0),
  run_at_ms      bigint NOT NULL,
  lease_until_ms bigint NOT NULL,
  deadline_ms    bigint NOT NULL,
  owner          text NOT NULL,
  run_id         text NOT NULL,
  error_class    text NOT NULL,
  error          text NOT NULL,
  staged         text,
  created_ms     bigint NOT NULL,
  updated_ms     bigint NOT NULL
);
CREATE INDEX job_of_asset ON job (asset_id, revision);
CREATE INDEX job_by_state ON job (state, id);
CREATE INDEX job_to_claim ON job (lane, priority DESC, run_at_ms, id) WHERE state = 'ready';
CREATE INDEX job_to_wake ON job (run_at_ms) WHERE state = 'ready';
CREATE INDEX job_by_lease ON job (lease_until_ms) WHERE state = 'leased';
-- The same work is never queued twice; doing it again later is a new job.
CREATE UNIQUE INDEX job_alive ON job (asset_id, revision, kind, variant)
  WHERE state NOT IN ('done', 'dead', 'cancelled');

CREATE TABLE run (
  id         text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
  asset_id   text COLLATE "C" NOT NULL REFERENCES asset (id),
  stage      text NOT NULL,
  owner      text NOT NULL,
  boot_id    text NOT NULL,
  pid        bigint NOT NULL,
  pid_start  bigint NOT NULL,
  folder     text NOT NULL,
  started_ms bigint NOT NULL,
  ended_ms   bigint NOT NULL,
  outcome    text NOT NULL CHECK (outcome IN ('', 'ok', 'failed', 'crashed', 'killed', 'lost'))
);
CREATE INDEX run_open ON run (id) WHERE ended_ms = 0;

-- run_id is free: light jobs are done within the host and have no process of their own.
CREATE TABLE attempt (
  job_id      text COLLATE "C" NOT NULL REFERENCES job (id),
  fence       bigint NOT NULL,
  run_id      text NOT NULL,
  number      bigint NOT NULL,
  started_ms  bigint NOT NULL,
  ended_ms    bigint NOT NULL,
  outcome     text NOT NULL,
  error_class text NOT NULL,
  error       text NOT NULL,
  log         text NOT NULL,
  PRIMARY KEY (job_id, fence)
);

CREATE TABLE output (
  asset_id   text COLLATE "C" NOT NULL REFERENCES asset (id),
  revision   bigint NOT NULL,
  name       text COLLATE "C" NOT NULL,
  path       text COLLATE "C" NOT NULL,
  media_type text NOT NULL,
  size       bigint NOT NULL,
  sha256     text COLLATE "C" NOT NULL,
  info       text,
  PRIMARY KEY (asset_id, revision, name)
);

CREATE TABLE approval (
  id         text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
  asset_id   text COLLATE "C" NOT NULL REFERENCES asset (id),
  revision   bigint NOT NULL,
  state      text NOT NULL CHECK (state IN (
               'pending', 'approved', 'rejected', 'expired', 'superseded')),
  quorum     bigint NOT NULL CHECK (quorum >= 1),
  reviewers  text NOT NULL,
  created_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  decided_ms bigint NOT NULL,
  decisions  text
);
CREATE INDEX approval_of_asset ON approval (asset_id, revision, id);
CREATE UNIQUE INDEX approval_pending ON approval (asset_id, revision) WHERE state = 'pending';

-- Append-only; chained per asset by hashes.
CREATE TABLE event (
  seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  asset_id      text COLLATE "C" NOT NULL,  -- '' for what concerns no asset
  number        bigint NOT NULL CHECK (number >= 1),
  kind          text NOT NULL,
  at_ms         bigint NOT NULL,
  data          text,
  previous_hash text NOT NULL,
  hash          text NOT NULL,
  UNIQUE (asset_id, number)
);
CREATE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'events are never changed';
  END IF;
  RAISE EXCEPTION 'events are never removed';
END $$;
CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION event_stays();

CREATE TABLE outbox (
  seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id            text COLLATE "C" NOT NULL UNIQUE CHECK (id <> ''),
  endpoint      text COLLATE "C" NOT NULL,
  topic         text NOT NULL,
  asset_id      text COLLATE "C" NOT NULL,
  body          text,
  state         text NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
  attempt       bigint NOT NULL,
  not_before_ms bigint NOT NULL,
  error         text NOT NULL,
  created_ms    bigint NOT NULL,
  sent_ms       bigint NOT NULL
);
CREATE INDEX outbox_waiting ON outbox (endpoint, seq) WHERE state = 'waiting';
CREATE INDEX outbox_of_asset ON outbox (asset_id, seq);

CREATE TABLE description (
  sha256 text COLLATE "C" PRIMARY KEY,
  name   text NOT NULL,
  text   text NOT NULL
);

CREATE TABLE setting (
  key   text COLLATE "C" PRIMARY KEY,
  value text NOT NULL
);
