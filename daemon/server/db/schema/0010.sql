-- SPDX-License-Identifier: GPL-2.0
--
-- 0010.sql - contents whose use is logged or metered, and what devices report of it.

ALTER TABLE contents ADD COLUMN use_log INTEGER NOT NULL DEFAULT 0 CHECK (use_log IN (0, 1));
-- enum cask_unit; NULL: it is not metered.
ALTER TABLE contents ADD COLUMN meter_unit INTEGER CHECK (meter_unit IN (1, 2, 3));
ALTER TABLE contents ADD COLUMN meter_quantum BIGINT;
ALTER TABLE contents ADD COLUMN meter_unreported BIGINT;

-- The logs of devices. A device that lost its records begins another series.
CREATE TABLE use_logs (
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	series		BYTEA NOT NULL,
	next		BIGINT NOT NULL,		-- number that was not reported yet
	created		BIGINT NOT NULL,
	PRIMARY KEY (device_id, series)
);

-- Their entries, each once, as the device's kernel wrote it.
CREATE TABLE uses (
	device_id	BYTEA NOT NULL,
	series		BYTEA NOT NULL,
	number		BIGINT NOT NULL,
	license_id	BYTEA NOT NULL,
	event		INTEGER NOT NULL,		-- enum cask_log_event
	unit		INTEGER NOT NULL,		-- enum cask_unit, 0: openings
	time		BIGINT NOT NULL,
	amount		BIGINT NOT NULL,
	recorded	BIGINT NOT NULL,
	PRIMARY KEY (device_id, series, number),
	FOREIGN KEY (device_id, series) REFERENCES use_logs (device_id, series)
);
CREATE INDEX uses_license ON uses (license_id);

-- Entries that never came, though later ones did.
CREATE TABLE use_gaps (
	device_id	BYTEA NOT NULL,
	series		BYTEA NOT NULL,
	first		BIGINT NOT NULL,
	last		BIGINT NOT NULL,
	created		BIGINT NOT NULL,
	PRIMARY KEY (device_id, series, first),
	FOREIGN KEY (device_id, series) REFERENCES use_logs (device_id, series)
);
