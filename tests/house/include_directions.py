"""Checks that no room includes one that the house plan closes to it (docs/architecture.md).

  include_directions.py REPOSITORY
"""
import pathlib
import re
import sys

ROOMS = {"engine", "persistence", "net", "tools", "bench", "tests"}
# Room -> rooms it may include, besides itself.
OPEN = {
    "engine": set(),
    "persistence": {"engine"},
    "net": {"engine"},
    "tools": {"engine", "persistence", "net"},
    "bench": {"engine", "persistence", "net", "tools"},
    "tests": ROOMS,
}
# Third-party headers that may stand in few files only.
ONLY_IN = {
    # The bare ring is the floor that the log is compared with: it must not be the log's own code.
    "liburing.h": {"persistence/uring_file_io.cc", "bench/floors/bare_ring.cc"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def main(repository):
    root = pathlib.Path(repository)
    wrong, looked_at = [], 0
    for room in sorted(ROOMS):
        for path in sorted((root / room).rglob("*")):
            if path.suffix not in {".h", ".cc"}:
                continue
            looked_at += 1
            place = path.relative_to(root)
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                included = match.group(1)
                other = included.split("/")[0]
                if other in ROOMS and other != room and other not in OPEN[room]:
                    wrong.append(f"{place}:{number}: {room} must not include {included}")
                if included in ONLY_IN and str(place) not in ONLY_IN[included]:
                    rooms = " and ".join(sorted(ONLY_IN[included]))
                    wrong.append(f"{place}:{number}: {included} belongs into {rooms} only")
    print("\n".join(wrong) or f"{looked_at} files: every include keeps its direction")
    if looked_at < 50:
        print("too few files: is this the repository?")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
