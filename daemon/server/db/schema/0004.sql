-- SPDX-License-Identifier: GPL-2.0
--
-- 0004.sql - one record of a day's downloads without a key, and what is counted by
-- device and time found by both.

-- Days since 1970, of a download without an Idempotency-Key: however often a device
-- fetches a content in a day, and whatever part of it, that is one.
ALTER TABLE downloads ADD COLUMN day BIGINT;
CREATE UNIQUE INDEX downloads_day ON downloads (device_id, user_id, content_id, day);
CREATE INDEX downloads_device ON downloads (device_id, started);

CREATE INDEX licenses_device_created ON licenses (device_id, created);
DROP INDEX licenses_device;
