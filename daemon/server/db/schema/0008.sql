-- SPDX-License-Identifier: GPL-2.0
--
-- 0008.sql - billing: what costs how much, who pays how, and the ledger.
--
-- Amounts are hundredths of the configured currency.

-- What is charged for: a license for a content, or the registration of a device.
CREATE TABLE products (
	id		BIGINT PRIMARY KEY,
	name		TEXT NOT NULL UNIQUE,
	event		INTEGER NOT NULL CHECK (event IN (1, 2)),	-- enum bill_event
	content_id	BYTEA REFERENCES contents (id),
	price		BIGINT NOT NULL CHECK (price > 0),
	created		BIGINT NOT NULL,
	removed		BIGINT,
	CHECK ((event = 1) = (content_id IS NOT NULL))
);
CREATE UNIQUE INDEX products_content ON products (content_id) WHERE removed IS NULL AND event = 1;
CREATE UNIQUE INDEX products_event ON products (event) WHERE removed IS NULL AND event <> 1;

-- Accounts of the ledger: the customers', and those of ours, which have a name.
CREATE TABLE accounts (
	id		BIGINT PRIMARY KEY,
	name		TEXT UNIQUE,
	user_id		BIGINT UNIQUE REFERENCES users (id),
	method		INTEGER NOT NULL CHECK (method IN (0, 1, 2, 3)),	-- enum bill_method; 0: ours
	credit		BIGINT NOT NULL CHECK (credit >= 0),	-- how far below nothing it may go
	created		BIGINT NOT NULL,
	CHECK ((name IS NULL) = (user_id IS NOT NULL)),
	CHECK ((name IS NULL) = (method <> 0))
);
INSERT INTO accounts (id, name, method, credit, created) VALUES (1, 'income', 0, 0, 0);
INSERT INTO accounts (id, name, method, credit, created) VALUES (2, 'payments', 0, 0, 0);

-- What was bought. The subject is the license or the device: it is charged for once.
CREATE TABLE charges (
	id		BYTEA PRIMARY KEY,
	account_id	BIGINT NOT NULL REFERENCES accounts (id),
	product_id	BIGINT NOT NULL REFERENCES products (id),
	event		INTEGER NOT NULL,
	subject		BYTEA NOT NULL,
	amount		BIGINT NOT NULL CHECK (amount > 0),
	created		BIGINT NOT NULL,
	due		BIGINT NOT NULL,
	state		INTEGER NOT NULL CHECK (state IN (1, 2, 3, 4)),	-- enum bill_state
	by_provider	INTEGER NOT NULL CHECK (by_provider IN (0, 1)),
	UNIQUE (event, subject)
);
CREATE INDEX charges_account ON charges (account_id, state, due);
CREATE INDEX charges_provider ON charges (by_provider, state, created);

-- The ledger. A line takes from one account what it gives to another, and no line changes or
-- goes: whatever is written here, the sum over all accounts is nothing.
CREATE TABLE transfers (
	id		BYTEA PRIMARY KEY,
	payer		BIGINT NOT NULL REFERENCES accounts (id),
	payee		BIGINT NOT NULL REFERENCES accounts (id),
	amount		BIGINT NOT NULL CHECK (amount > 0),
	kind		INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),	-- enum ledger_kind
	charge_id	BYTEA REFERENCES charges (id),
	reference	TEXT,					-- of a payment: the bank's, the provider's
	created		BIGINT NOT NULL,
	CHECK (payer <> payee),
	CHECK ((kind = 2) = (charge_id IS NULL)),
	CHECK ((kind = 2) = (reference IS NOT NULL)),
	UNIQUE (kind, charge_id),
	UNIQUE (kind, reference)
);
CREATE INDEX transfers_payer ON transfers (payer);
CREATE INDEX transfers_payee ON transfers (payee);

-- What the provider said, by its own numbers: said again it is heard once.
CREATE TABLE provider_events (
	id		TEXT PRIMARY KEY,
	hash		BYTEA NOT NULL,
	created		BIGINT NOT NULL
);
