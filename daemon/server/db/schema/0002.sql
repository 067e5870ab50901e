-- SPDX-License-Identifier: GPL-2.0
--
-- 0002.sql - enrolment by more than a token, its kind with each device, downloads
-- that are repeated, no passwords as long as nothing asks for them.

-- A device that has begun to enrol. The claim is what it stands on and can stand
-- on once: the hash of its token, else of its factory certificate, else its own id.
CREATE TABLE enrolments_2 (
	id		BYTEA PRIMARY KEY,
	claim		BYTEA NOT NULL UNIQUE,
	kind		INTEGER NOT NULL,		-- enum device_enrolment
	token_hash	BYTEA REFERENCES tokens (hash),
	device_id	BYTEA NOT NULL,
	device_key	BYTEA NOT NULL,
	challenge_hash	BYTEA NOT NULL,
	expires		BIGINT NOT NULL,
	answer_hash	BYTEA,				-- of the answer that was taken
	certificate	BYTEA				-- serial of the certificate it brought
);
INSERT INTO enrolments_2 (id, claim, kind, token_hash, device_id, device_key, challenge_hash,
			  expires, answer_hash, certificate)
	SELECT id, token_hash, 1, token_hash, device_id, device_key, challenge_hash, expires,
	       answer_hash, certificate FROM enrolments;
DROP TABLE enrolments;
ALTER TABLE enrolments_2 RENAME TO enrolments;

ALTER TABLE devices ADD COLUMN enrolment INTEGER NOT NULL DEFAULT 1;

-- The Idempotency-Key of a download: however often it is resumed, it is one. From
-- here on "bytes" is how far into the file it came.
ALTER TABLE downloads ADD COLUMN idempotency_key TEXT;
CREATE UNIQUE INDEX downloads_key ON downloads (device_id, idempotency_key);
CREATE INDEX downloads_started ON downloads (started);

ALTER TABLE users DROP COLUMN password;
