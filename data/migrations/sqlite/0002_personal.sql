-- What an event says about a person stands here, beside the chain, which holds its salted hash: the
-- row can be removed and the chain still holds.
CREATE TABLE personal (
  asset_id TEXT NOT NULL,
  number   INTEGER NOT NULL,
  salt     TEXT NOT NULL,
  data     TEXT NOT NULL,
  PRIMARY KEY (asset_id, number)
) STRICT, WITHOUT ROWID;

-- Events from before hold everything within the chain. Their text may be taken out once, their hash
-- stays; nothing else of an event ever changes.
ALTER TABLE event ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0 CHECK (redacted IN (0, 1));
DROP TRIGGER event_no_update;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
WHEN NOT (old.redacted = 0 AND new.redacted = 1 AND new.seq = old.seq AND new.asset_id = old.asset_id
  AND new.number = old.number AND new.kind = old.kind AND new.at_ms = old.at_ms
  AND new.previous_hash = old.previous_hash AND new.hash = old.hash) BEGIN
  SELECT RAISE (ABORT, 'events are never changed');
END;
