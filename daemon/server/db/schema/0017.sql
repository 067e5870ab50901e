-- SPDX-License-Identifier: GPL-2.0
--
-- 0017.sql - categories: trees of devices, their leaves, and the EKB that each has now.

-- Wrapped are the master and the seed, which all keys of the tree are made from.
CREATE TABLE categories (
	id		BYTEA PRIMARY KEY,
	scheme		INTEGER NOT NULL CHECK (scheme IN (1, 2)),
	height		INTEGER NOT NULL CHECK (height BETWEEN 1 AND 32),
	wrapped		BYTEA NOT NULL,
	version		INTEGER NOT NULL CHECK (version BETWEEN 1 AND 4096),	-- of the EKB
	leaves		BIGINT NOT NULL,		-- given away: the next one's number
	created		BIGINT NOT NULL,
	changed		BIGINT NOT NULL,
	statement	BYTEA NOT NULL,			-- the EKB
	entries		BYTEA NOT NULL			-- of the EKB
);

-- A device has one leaf of a category, for ever: a revoked one is not replaced, nor given again.
CREATE TABLE leaves (
	category_id	BYTEA NOT NULL REFERENCES categories (id),
	leaf		BIGINT NOT NULL,
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	created		BIGINT NOT NULL,
	revoked		INTEGER,			-- the version that it does not open
	PRIMARY KEY (category_id, leaf),
	UNIQUE (category_id, device_id)
);
CREATE INDEX leaves_device ON leaves (device_id);
CREATE INDEX leaves_revoked ON leaves (category_id, leaf) WHERE revoked IS NOT NULL;

-- The category whose leaves have the content's key; NULL: it is sealed to each device.
ALTER TABLE contents ADD COLUMN category_id BYTEA REFERENCES categories (id);
