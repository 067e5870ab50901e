-- SPDX-License-Identifier: GPL-2.0
--
-- 0018.sql - the level that devices need for a leaf of a category; indexes by which prices and what users said
-- are found.

-- enum cask_level
ALTER TABLE categories ADD COLUMN min_level INTEGER NOT NULL DEFAULT 0;

-- A content has a price for each event, and for licenses one for each term: 0 is none.
DROP INDEX products_content;
DROP INDEX products_term;
CREATE UNIQUE INDEX products_content ON products (content_id, event, COALESCE(term_id, 0)) WHERE removed IS NULL;

CREATE INDEX enrolments_information ON enrolments (expires) WHERE information IS NOT NULL;
