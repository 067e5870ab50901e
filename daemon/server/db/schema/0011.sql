-- SPDX-License-Identifier: GPL-2.0
--
-- 0011.sql - charges by use: so much for so many units of what devices report.
--
-- What is charged for says so in a check of its table, so the table and what refers to it are
-- made anew.

CREATE TABLE products_2 (
	id		BIGINT PRIMARY KEY,
	name		TEXT NOT NULL UNIQUE,
	event		INTEGER NOT NULL CHECK (event IN (1, 2, 3)),	-- enum bill_event
	content_id	BYTEA REFERENCES contents (id),
	price		BIGINT NOT NULL CHECK (price > 0),
	units		BIGINT CHECK (units > 0),	-- of a use: so many cost the price
	created		BIGINT NOT NULL,
	removed		BIGINT,
	CHECK ((event <> 2) = (content_id IS NOT NULL)),
	CHECK ((event = 3) = (units IS NOT NULL))
);
INSERT INTO products_2 (id, name, event, content_id, price, created, removed)
	SELECT id, name, event, content_id, price, created, removed FROM products;

CREATE TABLE charges_2 (
	id		BYTEA PRIMARY KEY,
	account_id	BIGINT NOT NULL REFERENCES accounts (id),
	product_id	BIGINT NOT NULL REFERENCES products_2 (id),
	event		INTEGER NOT NULL,
	subject		BYTEA NOT NULL,
	amount		BIGINT NOT NULL CHECK (amount > 0),
	created		BIGINT NOT NULL,
	due		BIGINT NOT NULL,
	state		INTEGER NOT NULL CHECK (state IN (1, 2, 3, 4)),	-- enum bill_state
	by_provider	INTEGER NOT NULL CHECK (by_provider IN (0, 1)),
	UNIQUE (event, subject)
);
INSERT INTO charges_2 (id, account_id, product_id, event, subject, amount, created, due, state, by_provider)
	SELECT id, account_id, product_id, event, subject, amount, created, due, state, by_provider
	FROM charges;

CREATE TABLE transfers_2 (
	id		BYTEA PRIMARY KEY,
	payer		BIGINT NOT NULL REFERENCES accounts (id),
	payee		BIGINT NOT NULL REFERENCES accounts (id),
	amount		BIGINT NOT NULL CHECK (amount > 0),
	kind		INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),	-- enum ledger_kind
	charge_id	BYTEA REFERENCES charges_2 (id),
	reference	TEXT,					-- of a payment: the bank's, the provider's
	created		BIGINT NOT NULL,
	CHECK (payer <> payee),
	CHECK ((kind = 2) = (charge_id IS NULL)),
	CHECK ((kind = 2) = (reference IS NOT NULL)),
	UNIQUE (kind, charge_id),
	UNIQUE (kind, reference)
);
INSERT INTO transfers_2 (id, payer, payee, amount, kind, charge_id, reference, created)
	SELECT id, payer, payee, amount, kind, charge_id, reference, created FROM transfers;

DROP TABLE transfers;
DROP TABLE charges;
DROP TABLE products;
ALTER TABLE products_2 RENAME TO products;
ALTER TABLE charges_2 RENAME TO charges;
ALTER TABLE transfers_2 RENAME TO transfers;

CREATE UNIQUE INDEX products_content ON products (content_id, event) WHERE removed IS NULL AND event <> 2;
CREATE UNIQUE INDEX products_event ON products (event) WHERE removed IS NULL AND event = 2;
CREATE INDEX charges_account ON charges (account_id, state, due);
CREATE INDEX charges_provider ON charges (by_provider, state, created);
CREATE INDEX transfers_payer ON transfers (payer);
CREATE INDEX transfers_payee ON transfers (payee);

-- How much of a license a device has used: what is prepaid last may be given back, and is charged
-- when it is not any more.
CREATE TABLE use_totals (
	device_id	BYTEA NOT NULL REFERENCES devices (id),
	license_id	BYTEA NOT NULL,
	used		BIGINT NOT NULL,		-- for good
	pending		BIGINT NOT NULL,		-- prepaid last
	charged		BIGINT NOT NULL,		-- units that were charged for
	PRIMARY KEY (device_id, license_id)
);
