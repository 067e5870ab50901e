-- SPDX-License-Identifier: GPL-2.0
--
-- 0009.sql - contents whose keys are sent as second keys, and the steps that these take.

-- enum cask_twokey_mode of its licenses; NULL: the key is sealed to the device.
ALTER TABLE contents ADD COLUMN twokey INTEGER CHECK (twokey IN (1, 2));

-- What was agreed on with a device last. The nonce names the request: asked again it is the same.
CREATE TABLE synchronisations (
	device_id	BYTEA PRIMARY KEY REFERENCES devices (id),
	nonce		BYTEA NOT NULL,
	series		BYTEA NOT NULL,
	number		BIGINT NOT NULL,		-- of the last step that was given out
	created		BIGINT NOT NULL
);
