-- SPDX-License-Identifier: GPL-2.0
--
-- 0014.sql - what users say of themselves when they register.

-- What a user said, by the names of the operator's form: JSON, wrapped.
CREATE TABLE particulars (
	user_id		BIGINT PRIMARY KEY REFERENCES users (id),
	wrapped		BYTEA NOT NULL,
	created		BIGINT NOT NULL
);

-- The challenge as the device got it, to be got again, and what the user said so far: JSON, wrapped. It
-- goes with the answer, or when the challenge expires.
ALTER TABLE enrolments ADD COLUMN challenge BYTEA;
ALTER TABLE enrolments ADD COLUMN information BYTEA;
