"""What perf-gate.sh makes of callgrind's dumps: counts as JSON, and the table of two of them.

    perf_gate.py counts ITEMS DUMPS          ITEMS: lines "piece<TAB>items"; DUMPS: a directory
    perf_gate.py compare BEFORE AFTER [--threshold PERCENT] [--show]

`compare` exits with 1 when a piece executes more instructions than the threshold allows.
"""

import argparse
import json
import pathlib
import sys

TRIGGER = "desc: Trigger: Client Request: "


def counts(items_file, dumps):
    """Instructions and items by piece; a dump names its piece as its trigger."""
    instructions = {}
    for dump in pathlib.Path(dumps).iterdir():
        piece = total = None
        with open(dump, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith(TRIGGER):
                    piece = line[len(TRIGGER):].rstrip("\n")
                elif line.startswith("summary: "):
                    total = int(line.split()[1])
                    break
        if piece is not None and total is not None:
            instructions[piece] = total
    result = {}
    for line in open(items_file, encoding="utf-8"):
        piece, items = line.rstrip("\n").split("\t")
        if not instructions.get(piece):
            sys.exit(f"perf-gate: callgrind counted nothing for {piece}")
        result[piece] = {"instructions": instructions[piece], "items": int(items)}
    return result


def per_item(count):
    return count["instructions"] / count["items"]


def compare(before, after, threshold, show):
    width = max(len(piece) for piece in [*before, *after, "instructions of one item"])
    print(f"{'instructions of one item':<{width}} {'before':>12} {'after':>12} {'change':>9}")
    more = less = 0
    for piece in [*after, *(piece for piece in before if piece not in after)]:
        if piece not in before:
            print(f"{piece:<{width}} {'-':>12} {per_item(after[piece]):>12.1f}       new")
            continue
        if piece not in after:
            print(f"{piece:<{width}} {per_item(before[piece]):>12.1f} {'-':>12}      gone")
            continue
        was, now = per_item(before[piece]), per_item(after[piece])
        change = 100 * (now - was) / was
        mark = ""
        if change > threshold:
            more += 1
            mark = "  MORE"
        elif change < -threshold:
            less += 1
            mark = "  less"
        print(f"{piece:<{width}} {was:>12.1f} {now:>12.1f} {change:>+8.1f}%{mark}")
    print(f"{more} piece(s) execute more than {threshold:g}% more instructions, "
          f"{less} as much less")
    return 1 if more > 0 and not show else 0


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        for count in result.values():
            per_item(count)
    except (OSError, ValueError, AttributeError, TypeError, KeyError, ZeroDivisionError) as error:
        print(f"perf-gate: {path} is neither a holdfast-micro nor saved counts: {error}",
              file=sys.stderr)
        sys.exit(2)
    return result


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    count = commands.add_parser("counts")
    count.add_argument("items")
    count.add_argument("dumps")
    comparison = commands.add_parser("compare")
    comparison.add_argument("before")
    comparison.add_argument("after")
    comparison.add_argument("--threshold", type=float, default=5)
    comparison.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    if arguments.command == "counts":
        print(json.dumps(counts(arguments.items, arguments.dumps), indent=1))
        return 0
    return compare(load(arguments.before), load(arguments.after), arguments.threshold,
                   arguments.show)


if __name__ == "__main__":
    sys.exit(main())
