-- SPDX-License-Identifier: GPL-2.0
--
-- 0012.sql - terms that licenses can be had with and renewed with, and renewals.

-- What a content is offered with besides its own conditions. One with neither period nor max_opens is
-- ownership.
CREATE TABLE terms (
	id		BIGINT PRIMARY KEY,
	content_id	BYTEA NOT NULL REFERENCES contents (id),
	name		TEXT NOT NULL,
	title		TEXT,
	period		BIGINT CHECK (period > 0),		-- seconds
	max_opens	BIGINT CHECK (max_opens > 0),
	max_quantity	INTEGER NOT NULL CHECK (max_quantity > 0),	-- times that it may be taken at once
	created		BIGINT NOT NULL,
	removed		BIGINT,
	CHECK (max_quantity = 1 OR period IS NOT NULL OR max_opens IS NOT NULL)
);
CREATE UNIQUE INDEX terms_name ON terms (content_id, name) WHERE removed IS NULL;

-- A license with a term has a price of its own.
ALTER TABLE products ADD COLUMN term_id BIGINT REFERENCES terms (id);
DROP INDEX products_content;
CREATE UNIQUE INDEX products_content ON products (content_id, event)
	WHERE removed IS NULL AND event <> 2 AND term_id IS NULL;
CREATE UNIQUE INDEX products_term ON products (term_id) WHERE removed IS NULL;

-- With which term a license was had; NULL: the content's own conditions.
ALTER TABLE licenses ADD COLUMN term_id BIGINT REFERENCES terms (id);

-- POST /v1/licenses/LID/renewals with its Idempotency-Key. The latest is in licenses, too.
CREATE TABLE renewals (
	license_id	BYTEA NOT NULL REFERENCES licenses (id),
	version		INTEGER NOT NULL,
	device_id	BYTEA NOT NULL,
	user_id		BIGINT REFERENCES users (id),
	idempotency_key	TEXT NOT NULL,
	request_hash	BYTEA NOT NULL,
	term_id		BIGINT NOT NULL REFERENCES terms (id),
	quantity	INTEGER NOT NULL,
	price		BIGINT NOT NULL,
	created		BIGINT NOT NULL,
	not_after	BIGINT,
	statement	BYTEA NOT NULL,
	PRIMARY KEY (license_id, version),
	UNIQUE (device_id, idempotency_key)
);
CREATE INDEX renewals_device ON renewals (device_id, created);
