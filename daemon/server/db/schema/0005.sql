-- SPDX-License-Identifier: GPL-2.0
--
-- 0005.sql - how often a license for a content may be opened.

-- NULL: any number.
ALTER TABLE contents ADD COLUMN max_opens BIGINT;
