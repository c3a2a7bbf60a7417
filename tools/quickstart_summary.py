"""The table at the end of quickstart.sh, from the reports that its steps left in a directory.

Exits non-zero when anything that was acknowledged is missing or two digests differ.
"""
import json
import pathlib
import sys

work = pathlib.Path(sys.argv[1])
ready = dict(word.split("=", 1) for word in sys.argv[2].split()[1:])
is_terminal = sys.stdout.isatty()
bold, dim, green, red, plain = (f"\033[{code}m" if is_terminal else "" for code in (1, 2, 32, 31, 0))


def report(name):
    path = work / name
    return json.loads(path.read_text()) if path.exists() else None


rows = []


def row(label, value, note=""):
    rows.append((label, value, note))


def count(number):
    return f"{number:,}"


def latency(microseconds):
    return f"{microseconds / 1000:.2f} ms" if microseconds >= 1000 else f"{microseconds:.0f} us"


run, drive, again, verify = (report(f"{name}.json") for name in ("run", "drive", "again", "verify"))
before, after, end = (report(f"status-{when}.json") for when in ("before", "after", "end"))
replay = report("replay.json")

if run:
    decisions = run["decisions"]
    approvals = {"approved", "approved_partially", "verified", "approved_purchase_only"}
    row("approved", count(sum(n for name, n in decisions.items() if name in approvals)))
    for name, number in sorted(decisions.items(), key=lambda item: -item[1]):
        if name not in approvals:
            row("declined", count(number), name.replace("_", " "))
    settings, figures = run["settings"], run["latency_us"]
    row("throughput", f"{count(round(run['throughput_per_s']))} /s",
        f"{settings['connections']} connections, {settings['in_flight']} requests in flight on each")
    p50, p90, p99, p999 = (latency(figures[name]) for name in ("p50", "p90", "p99", "p999"))
    row("latency", p50, f"p50; {p90} p90, {p99} p99, {p999} p99.9")
if drive:
    rows_per_s = round(drive["rows"] / max(drive["seconds"], 1e-9))
    row("rows", count(drive["rows"]),
        f"{drive['trace']}, in {drive['seconds']:.2f} s: {count(rows_per_s)} rows/s")
    row("approved", count(drive["approved"]))
    for name, number in drive["declined"].items():
        row("declined", count(number), name.replace("_", " "))
    if drive["rows_balance_equal"] is not None:
        row("balances", count(drive["rows_balance_equal"]),
            "rows whose balance is the one in the file")
    row("all ledgers", count(drive["currency_sum"]), "sum, must be 0")
row("recovered", f"{count(int(ready['recovered_records']))} records",
    f"in {int(ready['recovery_ms']) / 1000:.2f} s, every decision recomputed")

digests = [("log replayed after SIGKILL", replay["digest"]),
           ("server after restart", after["digest"]),
           ("server at the end", end["digest"])]
if before:
    digests.insert(0, ("server before SIGKILL", before["digest"]))
for name, digest in digests:
    row("state digest", digest, name)
same = len({digest for _, digest in digests}) == 1

if verify:
    checked, answers = verify["same"], verify["checked"]
else:
    # The second drive asked for every row again: each answer must be the one of the first drive.
    volatile = {"seconds", "setup_seconds", "repeated"}
    alike = all(again[key] == drive[key] for key in drive.keys() - volatile)
    checked, answers = (drive["rows"] if alike else 0), drive["rows"]
lost = answers - checked

width = max(len(label) for label, _, _ in rows)
print()
for label, value, note in rows:
    print(f"  {dim}{label:<{width}}{plain}  {bold}{value:>13}{plain}  {note}".rstrip())
print()
ok = lost == 0 and same
if lost == 0:
    print(f"  {green}nothing acknowledged was lost: "
          f"{count(checked)} of {count(answers)} checked{plain}")
else:
    print(f"  {red}LOST: {count(lost)} of {count(answers)} "
          f"acknowledged answers are not there{plain}")
if not same:
    print(f"  {red}the state digests differ{plain}")
print()
sys.exit(0 if ok else 1)
