-- What an event says about a person stands here, beside the chain, which holds its salted hash: the
-- row can be removed and the chain still holds.
CREATE TABLE personal (
  asset_id text COLLATE "C" NOT NULL,
  number   bigint NOT NULL,
  salt     text NOT NULL,
  data     text NOT NULL,
  PRIMARY KEY (asset_id, number)
);

-- Events from before hold everything within the chain. Their text may be taken out once, their hash
-- stays; nothing else of an event ever changes.
ALTER TABLE event ADD COLUMN redacted bigint NOT NULL DEFAULT 0 CHECK (redacted IN (0, 1));
CREATE FUNCTION event_may_be_redacted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.redacted = 0 AND NEW.redacted = 1 AND NEW.seq = OLD.seq AND NEW.asset_id = OLD.asset_id
      AND NEW.number = OLD.number AND NEW.kind = OLD.kind AND NEW.at_ms = OLD.at_ms
      AND NEW.previous_hash = OLD.previous_hash AND NEW.hash = OLD.hash THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'events are never changed';
END $$;
DROP TRIGGER event_stays ON event;
CREATE TRIGGER event_stays BEFORE DELETE OR TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION event_stays();
CREATE TRIGGER event_may_be_redacted BEFORE UPDATE ON event
  FOR EACH ROW EXECUTE FUNCTION event_may_be_redacted();
