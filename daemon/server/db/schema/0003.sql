-- SPDX-License-Identifier: GPL-2.0
--
-- 0003.sql - devices that are answered no more.

ALTER TABLE devices ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1));
