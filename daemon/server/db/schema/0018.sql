-- SPDX-License-Identifier: GPL-2.0
--
-- 0018.sql - the level that devices need for a leaf of a category.

-- enum cask_level
ALTER TABLE categories ADD COLUMN min_level INTEGER NOT NULL DEFAULT 0;
