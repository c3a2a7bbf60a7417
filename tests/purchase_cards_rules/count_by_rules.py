#!/usr/bin/env python3
"""What a rule set approves and declines of the purchase card file, row by row, by plain rules.

A second opinion on the engine's controls over real data: it shares no code with it, keeps every
counter as a number in a dictionary by card and calendar date, and needs the standard library only.

  count_by_rules.py [--transactions FILE] [--mcc FILE] [--policy FILE] [--answers FILE]

The rules are policy documents, as the command line of Holdfast takes them: `policy.json` for all
cards, and `policy_DIRECTORATE.json` for the directorate that its name says (blanks as "_"), whose
cards are in a program of their own. Merchants stand in them by the id that the trace driver gives
them; `merchants.csv` says whose id that is.

What a row is:
- above 0: an authorization, judged, and if it is approved the capture of all of it;
- below 0: a refund, which no control judges;
- its date is the local date of its card (the file has no time of day);
- a card is the pair (card_masked, directorate);
- its category is the file's, or imputed by the merchant's name, or 0.

The answers are a CSV: row_id,decision,held_minor,posted_minor. A refund posts a negative amount.
Exit status: 0; 2 for bad input; 77 when a compressed file cannot be read on this machine.
"""

import argparse
import collections
import csv
import datetime
import gzip
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SMALL = HERE.parent / "data"
# The earliest of these that stands against a row is its answer (engine/decision.h).
ORDER = ["merchant_denied", "denied_by_control", "over_amount_limit", "over_count_limit"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CANNOT_READ = 77


class BadInput(Exception):
    """What is wrong and where; ends the run."""


def open_text(path):
    """The file as text; .gz and .zst are unpacked."""
    path = pathlib.Path(path)
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8", newline="")
    if path.suffix != ".zst":
        return open(path, encoding="utf-8", newline="")
    command = shutil.which("zstd")
    if command is not None:
        done = subprocess.run([command, "-dcq", str(path)], capture_output=True, check=False)
        if done.returncode != 0:
            raise BadInput(f"{path}: zstd says: {done.stderr.decode().strip()}")
        return io.StringIO(done.stdout.decode("utf-8"), newline="")
    try:
        import zstandard  # not of the standard library; used when it happens to be there
    except ImportError:
        print(f"SKIPPED: {path.name} is compressed, and there is neither the command zstd nor the "
              "Python module zstandard: install one of them to count it", file=sys.stderr)
        sys.exit(CANNOT_READ)
    with open(path, "rb") as raw:
        return io.StringIO(zstandard.ZstdDecompressor().stream_reader(raw).read().decode("utf-8"),
                           newline="")


# Merchant categories --------------------------------------------------------------------------


def letters_of(name):
    """Lower case, every run of other characters one blank."""
    return re.sub("[^a-z]+", " ", name.lower()).strip()


def read_codes(path):
    """Letters of a name to its category: the one seen most, of equals the smallest."""
    best = {}
    with open_text(path) as text:
        for row in csv.DictReader(text):
            candidate = (-int(row["n"]), int(row["mcc"]))
            key = row["merchant_letters"]
            best[key] = min(best.get(key, candidate), candidate)
    return {letters: mcc for letters, (_, mcc) in best.items()}


# Rules ----------------------------------------------------------------------------------------


def minor_units(text):
    """"1000.00" to 100000."""
    if not re.fullmatch(r"\d+\.\d\d", text):
        raise BadInput(f'"{text}" is no amount with two decimals')
    return int(text.replace(".", ""))


def mcc_ranges(texts):
    return [tuple(int(end) for end in (text.split("-") * 2)[:2]) for text in texts]


def only(what, given, known):
    """What this program does not know it must not pass over."""
    unknown = set(given) - set(known)
    if unknown:
        raise BadInput(f"{what}: {', '.join(sorted(unknown))}: not known here")


class Control:
    def __init__(self, document, lists):
        only("control", document,
             ["id", "name", "scope", "effect", "filter", "amount_max", "count_max", "window"])
        self.effect = document["effect"]
        if self.effect not in ("deny", "allow_only", "cap_transaction", "cap_window"):
            raise BadInput(f"effect {self.effect}: not known here")
        where = document.get("filter", {})
        only("filter", where, ["mcc", "mcc_list", "merchant", "merchant_list"])
        mcc = where.get("mcc") or lists.get(where.get("mcc_list"), {}).get("mcc")
        self.mcc = mcc_ranges(mcc) if mcc else None
        listed = lists.get(where.get("merchant_list"), {}).get("merchant")
        merchants = where.get("merchant") or listed
        self.merchants = set(merchants) if merchants else None
        for kind in ("mcc_list", "merchant_list"):
            if kind in where and where[kind] not in lists:
                raise BadInput(f'there is no list "{where[kind]}"')
        self.amount_max = minor_units(document["amount_max"]) if "amount_max" in document else None
        self.count_max = document.get("count_max")
        self.used = collections.defaultdict(lambda: [0, 0])  # by card and window: amount, count
        if self.effect == "cap_window":
            only("window", document["window"], ["kind", "zone", "week_start"])
            self.kind = document["window"]["kind"]
            self.week_start = WEEKDAYS.index(document["window"].get("week_start", "monday"))
            if self.kind not in ("day", "week", "month", "year", "lifetime"):
                raise BadInput(f"window {self.kind}: not known here")
            if document["scope"] != "card":
                raise BadInput(f"scope {document['scope']}: not known here")

    def matches(self, merchant, mcc):
        if self.mcc is not None and not any(low <= mcc <= high for low, high in self.mcc):
            return False
        return self.merchants is None or merchant in self.merchants

    def window(self, date):
        """The first day of the window that a local date is in."""
        if self.kind == "week":
            return date - datetime.timedelta(days=(date.weekday() - self.week_start) % 7)
        if self.kind == "month":
            return date.replace(day=1)
        if self.kind == "year":
            return date.replace(month=1, day=1)
        return date if self.kind == "day" else None

    def against(self, card, date, amount, merchant, mcc):
        """The decisions that stand against it."""
        refusal = "merchant_denied" if self.merchants is not None else "denied_by_control"
        is_match = self.matches(merchant, mcc)
        if self.effect == "deny":
            return [refusal] if is_match else []
        if self.effect == "allow_only":
            return [] if is_match else [refusal]
        if not is_match:
            return []
        used, count = (0, 0)
        if self.effect == "cap_window":
            used, count = self.used[card, self.window(date)]
        found = []
        if self.amount_max is not None and used + amount > self.amount_max:
            found.append("over_amount_limit")
        if self.count_max is not None and count + 1 > self.count_max:
            found.append("over_count_limit")
        return found

    def count(self, card, date, amount, merchant, mcc):
        if self.effect == "cap_window" and self.matches(merchant, mcc):
            counter = self.used[card, self.window(date)]
            counter[0] += amount
            counter[1] += 1


class Policy:
    def __init__(self, document):
        only("policy", document, ["version", "currency", "categories", "lists", "controls"])
        if document.get("categories"):
            raise BadInput("categories: not known here")
        if document["currency"] != "GBP":
            raise BadInput(f"currency {document['currency']}: the file is in GBP")
        lists = document.get("lists", {})
        self.controls = [Control(control, lists) for control in document["controls"]]

    def judge(self, *row):
        against = [decision for control in self.controls for decision in control.against(*row)]
        if against:
            return min(against, key=ORDER.index)
        for control in self.controls:
            control.count(*row)
        return "approved"


class Rules:
    """The policies, who is under which, and the ids of the merchants that they name."""

    def __init__(self, main, of_directorate, ids):
        self.main = main
        self.of_directorate = of_directorate
        self.ids = ids

    @staticmethod
    def read(path):
        path = pathlib.Path(path)
        with open(path, encoding="utf-8") as text:
            main = Policy(json.load(text))
        others = {}
        for other in sorted(path.parent.glob(path.stem + "_*.json")):
            directorate = other.stem[len(path.stem) + 1:].replace("_", " ")
            with open(other, encoding="utf-8") as text:
                others[directorate] = Policy(json.load(text))
        with open_text(path.parent / "merchants.csv") as text:
            ids = {row["merchant"]: row["merchant_id"] for row in csv.DictReader(text)}
        return Rules(main, others, ids)


def answer(rules, codes, row):
    """(decision, held, posted) of one row of the file."""
    amount = int(row["amount_minor"])
    if row["currency"] != "GBP" or amount == 0:
        raise BadInput(f"row {row['row_id']}: {amount} {row['currency']} is no amount of GBP")
    if amount < 0:
        return "approved", 0, amount
    mcc = int(row["mcc"]) if row["mcc"] else codes.get(letters_of(row["merchant"]), 0)
    policy = rules.of_directorate.get(row["directorate"], rules.main)
    decision = policy.judge((row["card_masked"], row["directorate"]),
                            datetime.date.fromisoformat(row["trans_date"]), amount,
                            rules.ids.get(row["merchant"]), mcc)
    return (decision, amount, amount) if decision == "approved" else (decision, 0, 0)


def count_all(rules, codes, rows, write):
    """Calls write(row_id, decision, held, posted) for every row; returns rows and sums by kind."""
    totals = collections.defaultdict(lambda: [0, 0])
    for row in rows:
        decision, held, posted = answer(rules, codes, row)
        write([row["row_id"], decision, held, posted])
        total = totals["refund" if posted < 0 else decision]
        total[0] += 1
        total[1] += abs(int(row["amount_minor"]))
    return totals


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transactions", default=SMALL / "purchase-cards-small.csv")
    parser.add_argument("--mcc", default=SMALL / "merchant-mcc-small.csv",
                        help="names to categories; 'none': only those of the file")
    parser.add_argument("--policy", default=HERE / "policy.json")
    parser.add_argument("--answers", help="the CSV to write (default: none, only the sums)")
    options = parser.parse_args()
    try:
        rules = Rules.read(options.policy)
        codes = {} if str(options.mcc) == "none" else read_codes(options.mcc)
        with open_text(options.transactions) as text:
            rows = csv.DictReader(text)
            if options.answers is None:
                totals = count_all(rules, codes, rows, lambda answered: None)
            else:
                with open(options.answers, "w", encoding="utf-8", newline="") as out:
                    writer = csv.writer(out, lineterminator="\n")
                    writer.writerow(["row_id", "decision", "held_minor", "posted_minor"])
                    totals = count_all(rules, codes, rows, writer.writerow)
    except (BadInput, OSError, KeyError, ValueError) as error:
        print(f"count_by_rules.py: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for kind in ["approved"] + ORDER + ["refund"]:
        number, sum_minor = totals[kind]
        print(f"{kind:<20} {number:>9} rows {sum_minor / 100:>18,.2f} GBP")
    return 0


if __name__ == "__main__":
    sys.exit(main())
