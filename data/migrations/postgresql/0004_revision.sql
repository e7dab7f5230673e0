-- What makes two uploads revisions of one asset; '' = nothing does.
ALTER TABLE asset ADD COLUMN upload_key text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX asset_by_key ON asset (upload_key, id) WHERE upload_key <> '';
