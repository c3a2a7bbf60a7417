"""Asks every executable and every subcommand for its --help, and reads it as a person does.

    help_pages.py BIN_DIR

Each must exit with 0, fit 100 columns, say something of every option, and show none of the option
parser's own words. Exits with 1 and tells each line that does not.
"""
import pathlib
import re
import subprocess
import sys

COLUMNS = 100
NAME_COLUMNS = 30
PARSERS_WORDS = re.compile(
    r"\b(UINT|INT|FLOAT|REQUIRED|Env|POSITIVE|NONNEGATIVE)\b|\{false\}|SIZE \[| in \[")

bin_dir = pathlib.Path(sys.argv[1])
pages = 0
wrong = []


def description(line, following):
    """What stands in the right column beside an option, or below it when its name is too long."""
    if line[NAME_COLUMNS - 1:NAME_COLUMNS] == " ":
        return line[NAME_COLUMNS:].strip()
    indent = " " * NAME_COLUMNS
    return following[0].strip() if following and following[0].startswith(indent) else ""


def read(program, subcommands):
    global pages
    pages += 1
    words = [program, *subcommands, "--help"]
    run = subprocess.run([bin_dir / program, *words[1:]], capture_output=True, text=True,
                         timeout=60)
    page = " ".join(words)
    if run.returncode != 0 or run.stderr:
        wrong.append(f"{page}: exit code {run.returncode}, standard error: {run.stderr!r}")
        return
    lines = run.stdout.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            wrong.append(f"{page}:{number}: {len(line)} columns: {line}")
        if PARSERS_WORDS.search(line):
            wrong.append(f"{page}:{number}: the option parser's own words: {line}")
        if line.startswith("  -") and not description(line, lines[number:]):
            wrong.append(f"{page}:{number}: nothing is said of it: {line}")
    if "\n\n\n" in run.stdout or str(bin_dir) in run.stdout:
        wrong.append(f"{page}: empty lines, or the path of the program")
    listed = re.search(r"^Subcommands:\n((?:  .*\n)+)", run.stdout, re.M)
    for name in re.findall(r"^  (\S+)", listed[1] if listed else "", re.M):
        read(program, [*subcommands, name])


for program in ("holdfastd", "holdfast", "holdfast-bench"):
    read(program, [])
for line in wrong:
    print(line)
print(f"{pages} pages of help read, {len(wrong)} faults")
sys.exit(1 if wrong or pages < 50 else 0)
