-- SPDX-License-Identifier: GPL-2.0
--
-- 0016.sql - conditions of use that the licenses for a content have.

-- enum cask_permission bits; NULL: none.
ALTER TABLE contents ADD COLUMN permissions INTEGER CHECK (permissions > 0);

-- How often one with a period may be opened without word from us; NULL: any number.
ALTER TABLE contents ADD COLUMN max_offline_opens BIGINT CHECK (max_offline_opens > 0);

-- For how many seconds from its issue the content may be taken into a store; NULL: for ever.
ALTER TABLE contents ADD COLUMN download_period BIGINT CHECK (download_period > 0);
