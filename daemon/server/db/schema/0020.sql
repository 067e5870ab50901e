-- SPDX-License-Identifier: GPL-2.0
--
-- 0020.sql - indexes that each license pays for: none that nothing is found by.

-- Of licenses on media only: all others had a place in it as well.
DROP INDEX licenses_medium;
CREATE INDEX licenses_medium ON licenses (medium_class, medium_number) WHERE medium_class IS NOT NULL;

-- Nothing looks for licenses by content, and contents keep their records.
DROP INDEX licenses_content;
