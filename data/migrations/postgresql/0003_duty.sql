-- What is done from time to time, by whoever holds the lease.
CREATE TABLE duty (
  name           text COLLATE "C" PRIMARY KEY,
  owner          text NOT NULL,
  lease_until_ms bigint NOT NULL,
  next_ms        bigint NOT NULL
);
-- What is over, by when it was.
CREATE INDEX job_over ON job (updated_ms) WHERE state IN ('done', 'cancelled');
CREATE INDEX run_ended ON run (ended_ms) WHERE ended_ms > 0;
CREATE INDEX outbox_sent ON outbox (sent_ms) WHERE state = 'sent';
