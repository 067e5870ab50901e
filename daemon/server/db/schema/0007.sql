-- SPDX-License-Identifier: GPL-2.0
--
-- 0007.sql - devices that lost the records of their secure area.

-- What a device gets that asks to be re-anchored: enum device_reanchor.
ALTER TABLE devices ADD COLUMN reanchor INTEGER NOT NULL DEFAULT 0 CHECK (reanchor IN (0, 1, 2, 3));
-- When it first asked and did not get it; NULL: it did since, or never asked.
ALTER TABLE devices ADD COLUMN reanchor_asked BIGINT;

-- The statements that devices got. The nonce names the loss: asked again it is the same.
CREATE TABLE reanchors (
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	nonce		BYTEA NOT NULL,
	created		BIGINT NOT NULL,
	statement	BYTEA NOT NULL,
	PRIMARY KEY (device_id, nonce)
);
CREATE INDEX reanchors_device ON reanchors (device_id, created);
