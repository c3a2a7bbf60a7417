#!/usr/bin/env python3
"""Holds count_by_rules.py to answers that were worked out by hand, and the real file to its sums.

  count_by_rules_test.py [small|real]

The real file is ../shared/data/purchase_cards (or in HOLDFAST_SHARED_DATA); without it, or without
a way to unpack it, `real` says so and ends with 77, which ctest tells as skipped.
"""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import count_by_rules as by_rules  # noqa: E402

ROOT = by_rules.HERE.parent.parent
CODES = {"hotel": 7011, "cafe": 5812, "": 5411}


def row(date, amount, merchant="shop", mcc="", card="1", directorate="Local Services"):
    row.number += 1
    return {"row_id": str(row.number), "trans_date": date, "amount_minor": str(amount),
            "currency": "GBP", "merchant": merchant, "mcc": mcc, "card_masked": card,
            "directorate": directorate}


row.number = 0


class ByHand(unittest.TestCase):
    def setUp(self):
        self.rules = by_rules.Rules.read(by_rules.HERE / "policy.json")

    def decisions(self, rows):
        return [by_rules.answer(self.rules, CODES, each)[0] for each in rows]

    def test_a_transaction_may_be_as_much_as_its_cap(self):
        self.assertEqual(self.decisions([row("2014-04-01", 100000), row("2014-04-01", 100001)]),
                         ["approved", "over_amount_limit"])

    def test_a_month_is_a_calendar_month_of_one_card(self):
        month = [row("2014-04-01", 100000), row("2014-04-10", 100000), row("2014-04-20", 50000)]
        self.assertEqual(
            self.decisions(month + [row("2014-04-30", 1), row("2014-05-01", 1),
                                    row("2014-04-30", 1, directorate="CYP&F")]),
            ["approved"] * 3 + ["over_amount_limit", "approved", "approved"])

    def test_a_week_begins_on_monday_and_counts_what_was_approved(self):
        # 2014-04-06 is a Sunday.
        week = [row("2014-03-31", 1) for _ in range(9)] + [row("2014-04-02", 200000)]
        self.assertEqual(
            self.decisions(week + [row("2014-04-06", 1), row("2014-04-06", 1),
                                   row("2014-04-07", 1)]),
            ["approved"] * 9 + ["over_amount_limit", "approved", "over_count_limit", "approved"])

    def test_denied_categories_the_files_own_before_an_imputed_one(self):
        self.assertEqual(
            self.decisions([row("2014-04-01", 1, mcc="5813"), row("2014-04-01", 1, "The Hotel"),
                            row("2014-04-01", 1, "HOTEL 7"), row("2014-04-01", 1, "hotel", "5411"),
                            row("2014-04-01", 1, mcc="3501"), row("2014-04-01", 1, mcc="5970")]),
            ["denied_by_control", "approved", "denied_by_control", "approved", "denied_by_control",
             "approved"])

    def test_one_directorate_buys_from_known_merchants_only(self):
        growth = {"directorate": "INCLUSIVE GROWTH"}
        self.assertEqual(
            self.decisions([row("2019-04-01", 1, "npower", **growth),
                            row("2019-04-01", 1, "npower 2", **growth),
                            row("2019-04-01", 200000, "cafe", **growth),
                            row("2019-04-01", 1, "npower 2")]),
            ["approved", "merchant_denied", "merchant_denied", "approved"])

    def test_the_earliest_line_is_the_answer(self):
        rows = [row("2014-04-01", 1) for _ in range(10)]
        self.assertEqual(
            self.decisions(rows + [row("2014-04-01", 1), row("2014-04-01", 100001),
                                   row("2014-04-01", 100001, "cafe")])[10:],
            ["over_count_limit", "over_amount_limit", "denied_by_control"])

    def test_a_refund_is_not_judged_and_counts_nothing(self):
        self.assertEqual(by_rules.answer(self.rules, CODES, row("2014-04-01", -200000, "cafe")),
                         ("approved", 0, -200000))
        self.assertEqual(by_rules.answer(self.rules, CODES, row("2014-04-01", 70000)),
                         ("approved", 70000, 70000))
        self.assertEqual(by_rules.answer(self.rules, CODES, row("2014-04-01", 100001)),
                         ("over_amount_limit", 0, 0))

    def test_what_it_does_not_know_it_refuses(self):
        policy = {"currency": "GBP", "controls": [
            {"id": 1, "scope": "card", "effect": "cap_window", "count_max": 1,
             "window": {"kind": "rolling", "length": "1h", "granularity": "1h"}}]}
        with self.assertRaises(by_rules.BadInput):
            by_rules.Policy(policy)
        policy["controls"] = [{"id": 1, "effect": "deny", "filter": {"country": ["GB"]}}]
        with self.assertRaises(by_rules.BadInput):
            by_rules.Policy(policy)

    def test_the_small_file(self):
        codes = by_rules.read_codes(by_rules.SMALL / "merchant-mcc-small.csv")
        self.assertEqual(codes["asda home delivery"], 5310)
        with by_rules.open_text(by_rules.SMALL / "purchase-cards-small.csv") as text:
            answers = [by_rules.answer(self.rules, codes, each)
                       for each in by_rules.csv.DictReader(text)]
        posted = [posted for _, _, posted in answers]
        self.assertEqual(posted, [9493, 5654, -1054, 12000, 700, -300])


def real_folder():
    """Where the real file is; ends the run when it is not there."""
    data = pathlib.Path(os.environ.get("HOLDFAST_SHARED_DATA", ROOT.parent / "shared" / "data"))
    folder = data / "purchase_cards"
    if not (folder / "transactions.csv.zst").exists():
        print(f"SKIPPED: the purchase card file is not in {folder}", file=sys.stderr)
        sys.exit(by_rules.CANNOT_READ)
    # Ends the run if nothing unpacks it.
    by_rules.open_text(folder / "transactions.csv.zst").close()
    return folder


class RealFile(unittest.TestCase):
    def test_sums(self):
        folder = real_folder()
        rules = by_rules.Rules.read(by_rules.HERE / "policy.json")
        codes = by_rules.read_codes(folder / "merchant_mcc.csv.gz")
        with by_rules.open_text(folder / "transactions.csv.zst") as text:
            totals = by_rules.count_all(rules, codes, by_rules.csv.DictReader(text),
                                        lambda answered: None)
        # What the file says of itself, whatever the rules are.
        self.assertEqual(sum(number for number, _ in totals.values()), 262_078)
        self.assertEqual(tuple(totals["refund"]), (7_581, 259_207_051))
        self.assertEqual(sum(total for kind, (_, total) in totals.items() if kind != "refund"),
                         4_375_443_942)
        self.assertEqual({kind: tuple(total) for kind, total in totals.items()}, EXPECTED)


# Rows and pence of each answer, as this program told them first.
EXPECTED = {
    "approved": (222_013, 1_655_080_797),
    "merchant_denied": (817, 13_429_838),
    "denied_by_control": (13_310, 1_071_775_831),
    "over_amount_limit": (8_478, 1_586_471_173),
    "over_count_limit": (9_879, 48_686_303),
    "refund": (7_581, 259_207_051),
}

if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "small"
    if chosen not in ("small", "real"):
        sys.exit(f"there are small and real, not {chosen}")
    if chosen == "real":
        real_folder()
    unittest.main(argv=[sys.argv[0]], defaultTest="ByHand" if chosen == "small" else "RealFile")
