-- SPDX-License-Identifier: GPL-2.0
--
-- 0006.sql - classes of media, and what was made for which medium.
--
-- A class is a content of the suite 32, whose key is the class key.

-- Media that were made here, or that a license was asked for: whoever asks names the
-- number, and only a medium of that number and class is helped by the answer.
CREATE TABLE media (
	class_id	BYTEA NOT NULL REFERENCES contents (id),
	number		BYTEA NOT NULL,
	created		BIGINT NOT NULL,		-- when it was made, or heard of first
	mastered	INTEGER NOT NULL CHECK (mastered IN (0, 1)),	-- it was made here
	apparatus	BYTEA,				-- device key that it is locked to, if it was
	PRIMARY KEY (class_id, number)
);

-- A license on a medium that was made here is no device's yet.
CREATE TABLE licenses_2 (
	id		BYTEA PRIMARY KEY,
	content_id	BYTEA NOT NULL REFERENCES contents (id),
	device_id	BYTEA,				-- need not be enrolled: license issue
	user_id		BIGINT REFERENCES users (id),
	version		INTEGER NOT NULL,
	created		BIGINT NOT NULL,
	not_before	BIGINT,
	not_after	BIGINT,
	statement	BYTEA NOT NULL,
	medium_class	BYTEA,
	medium_number	BYTEA,
	FOREIGN KEY (medium_class, medium_number) REFERENCES media (class_id, number)
);
INSERT INTO licenses_2 (id, content_id, device_id, user_id, version, created, not_before, not_after,
			statement)
	SELECT id, content_id, device_id, user_id, version, created, not_before, not_after, statement
	FROM licenses;

CREATE TABLE license_requests_2 (
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	idempotency_key	TEXT NOT NULL,
	request_hash	BYTEA NOT NULL,
	license_id	BYTEA NOT NULL REFERENCES licenses_2 (id),
	created		BIGINT NOT NULL,
	PRIMARY KEY (device_id, idempotency_key)
);
INSERT INTO license_requests_2 (device_id, idempotency_key, request_hash, license_id, created)
	SELECT device_id, idempotency_key, request_hash, license_id, created FROM license_requests;

DROP TABLE license_requests;
DROP TABLE licenses;
ALTER TABLE licenses_2 RENAME TO licenses;
ALTER TABLE license_requests_2 RENAME TO license_requests;

CREATE INDEX licenses_device_created ON licenses (device_id, created);
CREATE INDEX licenses_content ON licenses (content_id);
CREATE INDEX licenses_medium ON licenses (medium_class, medium_number);
