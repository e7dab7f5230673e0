-- The greater goes first.
ALTER TABLE asset ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;

-- A claim leaves out descriptions that have their fill, and passes over their jobs in the index.
ALTER TABLE job ADD COLUMN description TEXT NOT NULL DEFAULT '';
UPDATE job SET description = (SELECT asset.description FROM asset WHERE asset.id = job.asset_id);
DROP INDEX job_to_claim;
CREATE INDEX job_to_claim ON job (lane, priority DESC, run_at_ms, id, description)
  WHERE state = 'ready';
