-- SPDX-License-Identifier: GPL-2.0
--
-- 0019.sql - where the licenses of a content in a category have no key: its file has it in its own
-- header, put there when it is downloaded.

ALTER TABLE contents ADD COLUMN key_in_header INTEGER NOT NULL DEFAULT 0;
