// The rule as tables and a function of PostgreSQL.
//
// One table keeps the remembered answer and the hold: a request is one row, found by its id and, to
// be captured, by its authorization id. Two calls with one request id at the same time: the second
// insert breaks the primary key, its transaction is undone, and asked again it finds the answer.
#pragma once

namespace holdfast::bench {

// {accounts} and {fund} are filled in. All in one transaction: with wal_level minimal the rows of
// a table made in it need no log.
inline constexpr const char* kPostgresqlTables = R"sql(
BEGIN;
CREATE TABLE accounts (account bigint, status smallint NOT NULL, ledger bigint NOT NULL,
                       credit bigint NOT NULL, held bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE cards (card bigint, account bigint NOT NULL, status smallint NOT NULL);
CREATE TABLE authorizations (request bigint PRIMARY KEY, id bigint NOT NULL UNIQUE,
                             account bigint NOT NULL, amount bigint NOT NULL,
                             decision smallint NOT NULL, available bigint NOT NULL);
CREATE SEQUENCE authorization_ids CACHE 32;
INSERT INTO accounts SELECT n, 0, {fund}, 0, 0 FROM generate_series(0, {accounts} - 1) n;
INSERT INTO cards SELECT n, n, 0 FROM generate_series(0, {accounts} - 1) n;
ALTER TABLE accounts ADD PRIMARY KEY (account);
ALTER TABLE cards ADD PRIMARY KEY (card);
COMMIT;
ANALYZE accounts;
ANALYZE cards;
CHECKPOINT;
)sql";

// The decision as in ISO 8583's DE39.
inline constexpr const char* kPostgresqlAuthorize = R"sql(
CREATE FUNCTION authorize(p_request bigint, p_card bigint, p_amount bigint,
                          OUT decision smallint, OUT id bigint, OUT available bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_account bigint;
  v_status smallint;
BEGIN
  SELECT a.decision, a.id, a.available INTO decision, id, available
    FROM authorizations a WHERE a.request = p_request;
  IF FOUND THEN RETURN; END IF;
  SELECT c.account, c.status INTO v_account, v_status FROM cards c WHERE c.card = p_card;
  IF NOT FOUND THEN
    decision := 14; v_account := -1; available := 0;
  ELSIF v_status <> 0 THEN
    decision := 62; available := 0;
  ELSE
    UPDATE accounts a SET held = a.held + p_amount
      WHERE a.account = v_account AND a.status = 0 AND a.ledger + a.credit - a.held >= p_amount
      RETURNING a.ledger + a.credit - a.held INTO available;
    IF FOUND THEN
      decision := 0;
    ELSE
      SELECT a.status, a.ledger + a.credit - a.held INTO v_status, available
        FROM accounts a WHERE a.account = v_account;
      decision := CASE WHEN v_status <> 0 THEN 62 ELSE 51 END;
    END IF;
  END IF;
  id := nextval('authorization_ids');
  INSERT INTO authorizations VALUES
    (p_request, id, v_account, CASE WHEN decision = 0 THEN p_amount ELSE 0 END, decision,
     available);
END $$;
)sql";

inline constexpr const char* kPostgresqlCall =
    "SELECT decision, id, available FROM authorize($1, $2, $3)";

inline constexpr const char* kPostgresqlBooks = R"sql(
SELECT (SELECT sum(ledger) FROM accounts), (SELECT sum(held) FROM accounts),
       (SELECT coalesce(sum(amount), 0) FROM authorizations WHERE decision = 0),
       (SELECT count(*) FROM authorizations WHERE decision = 0),
       (SELECT count(*) FROM authorizations),
       (SELECT count(*) FROM (SELECT account, sum(amount) AS held FROM authorizations GROUP BY 1) h
          JOIN accounts a USING (account) WHERE a.held <> h.held)
)sql";

}  // namespace holdfast::bench
