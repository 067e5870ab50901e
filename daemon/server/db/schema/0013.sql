-- SPDX-License-Identifier: GPL-2.0
--
-- 0013.sql - passwords of users, what they bring when licenses are asked for, and by whom contents want to be
-- asked for.

CREATE TABLE passwords (
	user_id		BIGINT PRIMARY KEY REFERENCES users (id),
	hash		TEXT NOT NULL,			-- argon2id, with its parameters
	changed		BIGINT NOT NULL
);

-- Passwords that did not fit, of a user id, whether there is such a user or not, and of a device.
CREATE TABLE password_tries (
	who		BYTEA PRIMARY KEY,		-- SHA-256
	since		BIGINT NOT NULL,		-- the first of them
	tries		BIGINT NOT NULL CHECK (tries >= 0)
);
CREATE INDEX password_tries_since ON password_tries (since);

-- Users who have shown their password; the token itself is not kept.
CREATE TABLE sessions (
	hash		BYTEA PRIMARY KEY,		-- SHA-256 of the token
	user_id		BIGINT NOT NULL REFERENCES users (id),
	device_id	BYTEA NOT NULL REFERENCES devices (id),	-- on which
	expires		BIGINT NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE INDEX sessions_user ON sessions (user_id);

-- Who has to ask for a license: enum content_authentication; NULL: as the server is configured.
ALTER TABLE contents ADD COLUMN authentication INTEGER CHECK (authentication IN (1, 2, 3));
