-- The assets of one description, and those that are under way, newest first.
CREATE INDEX asset_by_description ON asset (description, id);
CREATE INDEX asset_open ON asset (id)
  WHERE state NOT IN ('processed', 'rejected', 'unable_to_process', 'expired', 'cancelled');
