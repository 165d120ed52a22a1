-- Version 2. Rows are in fewer columns: those that questions are asked about, and one for the rest.

ALTER TABLE request RENAME TO request_1;

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
  error INTEGER,
  rest BLOB NOT NULL
) STRICT, WITHOUT ROWID;
