-- SPDX-License-Identifier: GPL-2.0
--
-- 0001.sql - the first schema: distributor, users, enrolment, devices,
-- contents, licenses, downloads.
--
-- In words that SQLite and PostgreSQL share. Times are seconds since 1970, ids
-- are bytes as in the formats, truth is 0 or 1. A blob named "wrapped" or
-- "sealed" is AES-256-GCM under the key encryption key (vault.c).

-- Private keys: PKCS#8, or 32 bytes for X25519.
CREATE TABLE secrets (
	name		TEXT PRIMARY KEY,
	wrapped		BYTEA NOT NULL
);

-- What the distributor publishes: COSE keys and statements.
CREATE TABLE publications (
	name		TEXT PRIMARY KEY,
	value		BYTEA NOT NULL
);

CREATE TABLE users (
	id		BIGINT PRIMARY KEY,
	name		TEXT NOT NULL UNIQUE,
	password	TEXT,				-- argon2id, or none
	enabled		INTEGER NOT NULL CHECK (enabled IN (0, 1)),
	created		BIGINT NOT NULL
);

-- One-time codes for registration; the code itself is not kept.
CREATE TABLE tokens (
	hash		BYTEA PRIMARY KEY,		-- SHA-256 of the code
	user_id		BIGINT NOT NULL REFERENCES users (id),
	created		BIGINT NOT NULL,
	expires		BIGINT NOT NULL,
	device_id	BYTEA,				-- the device that asked first
	used		BIGINT				-- when its answer was taken
);

CREATE TABLE enrolments (
	id		BYTEA PRIMARY KEY,
	token_hash	BYTEA NOT NULL UNIQUE REFERENCES tokens (hash),
	device_id	BYTEA NOT NULL,
	device_key	BYTEA NOT NULL,
	challenge_hash	BYTEA NOT NULL,
	expires		BIGINT NOT NULL,
	answer_hash	BYTEA,				-- of the answer that was taken
	certificate	BYTEA				-- serial of the certificate it brought
);

CREATE TABLE devices (
	id		BYTEA PRIMARY KEY,
	device_key	BYTEA NOT NULL UNIQUE,
	user_id		BIGINT NOT NULL REFERENCES users (id),
	level		INTEGER NOT NULL,
	root		INTEGER NOT NULL,
	enrolled	BIGINT NOT NULL
);

CREATE TABLE certificates (
	serial		BYTEA PRIMARY KEY,
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	pem		TEXT NOT NULL,
	created		BIGINT NOT NULL,
	expires		BIGINT NOT NULL
);
CREATE INDEX certificates_device ON certificates (device_id);

CREATE TABLE contents (
	id		BYTEA PRIMARY KEY,
	title		TEXT,
	media_type	TEXT NOT NULL,
	suite		INTEGER NOT NULL,
	plain_size	BIGINT NOT NULL,
	file_size	BIGINT NOT NULL,
	sha256		BYTEA NOT NULL,			-- of the file
	period		BIGINT,				-- seconds of use from issue, or for ever
	min_level	INTEGER NOT NULL,
	wrapped_key	BYTEA,				-- none once removed
	added		BIGINT NOT NULL,
	removed		BIGINT
);

CREATE TABLE licenses (
	id		BYTEA PRIMARY KEY,
	content_id	BYTEA NOT NULL REFERENCES contents (id),
	device_id	BYTEA NOT NULL,			-- need not be enrolled: license issue
	user_id		BIGINT REFERENCES users (id),
	version		INTEGER NOT NULL,
	created		BIGINT NOT NULL,
	not_before	BIGINT,
	not_after	BIGINT,
	statement	BYTEA NOT NULL
);
CREATE INDEX licenses_device ON licenses (device_id);
CREATE INDEX licenses_content ON licenses (content_id);

-- POST /v1/licenses with its Idempotency-Key.
CREATE TABLE license_requests (
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	idempotency_key	TEXT NOT NULL,
	request_hash	BYTEA NOT NULL,
	license_id	BYTEA NOT NULL REFERENCES licenses (id),
	created		BIGINT NOT NULL,
	PRIMARY KEY (device_id, idempotency_key)
);

CREATE TABLE downloads (
	id		BYTEA PRIMARY KEY,
	content_id	BYTEA NOT NULL REFERENCES contents (id),
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	user_id		BIGINT NOT NULL REFERENCES users (id),
	started		BIGINT NOT NULL,
	bytes		BIGINT NOT NULL
);
CREATE INDEX downloads_user ON downloads (user_id, started);

-- Nonces of signed requests, until their time has passed anyway.
CREATE TABLE nonces (
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	nonce		BYTEA NOT NULL,
	expires		BIGINT NOT NULL,
	PRIMARY KEY (device_id, nonce)
);
CREATE INDEX nonces_expires ON nonces (expires);
