-- Version 1.

-- Names that rows bear: of credentials, providers, models, dialects, errors.
CREATE TABLE name (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE client_key (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT
) STRICT;
CREATE INDEX client_key_name ON client_key (name);

-- One row for each request. The id is 16 bytes, the first six of them the time in milliseconds: this tree is in the order
-- of time and needs no other index.
CREATE TABLE request (
  id BLOB NOT NULL PRIMARY KEY,
  flags INTEGER NOT NULL,
  client_key INTEGER,
  credential INTEGER,
  provider INTEGER,
  requested_model INTEGER,
  served_model INTEGER,
  client_dialect INTEGER,
  upstream_dialect INTEGER,
  status INTEGER NOT NULL,
  error INTEGER,
  input INTEGER,
  cache_read INTEGER,
  cache_write INTEGER,
  cache_write_5m INTEGER,
  cache_write_1h INTEGER,
  output INTEGER,
  reasoning INTEGER,
  tool_use INTEGER,
  latency INTEGER NOT NULL,
  first_byte INTEGER,
  upstream INTEGER,
  cost INTEGER,
  bytes_in INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  attempts BLOB,
  -- Of rows from another gateway: input, output, reasoning and cache_read are spelt as they were there.
  imported_total INTEGER,
  nanos INTEGER,
  auth_index INTEGER
) STRICT, WITHOUT ROWID;

-- Sums of hours (level 0, counted from 1970) and of days in UTC (level 1), broken down in several ways: a kind of sum, and
-- up to two numbers of names; 0 stands for no name.
CREATE TABLE sums (
  kind INTEGER NOT NULL,
  level INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  a INTEGER NOT NULL,
  b INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  aborted INTEGER NOT NULL,
  uncounted INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  estimated INTEGER NOT NULL,
  input INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  tool_use INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  latency INTEGER NOT NULL,
  first_byte INTEGER NOT NULL,
  first_bytes INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL,
  PRIMARY KEY (kind, level, bucket, a, b)
) STRICT, WITHOUT ROWID;

-- Rows that began before were removed for their age. What is imported from that time could be one of them.
CREATE TABLE horizon (millis INTEGER NOT NULL) STRICT;
INSERT INTO horizon VALUES (0);
