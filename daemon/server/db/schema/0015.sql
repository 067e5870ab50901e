-- SPDX-License-Identifier: GPL-2.0
--
-- 0015.sql - how many copies of a license for a content media may have.

-- For good; NULL: none.
ALTER TABLE contents ADD COLUMN max_exports BIGINT;
-- For a time: how often, and how many at once; NULL: never.
ALTER TABLE contents ADD COLUMN max_checkouts BIGINT;
ALTER TABLE contents ADD COLUMN at_once INTEGER;
