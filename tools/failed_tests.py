#!/usr/bin/env python3
"""failed_tests.py JUNIT_XML [LINES]: the failing tests of a ctest run, each with what it said.

ctest's list of failing tests is far above the end of a long log; this is short enough to stand at
the end of it. LINES (8): lines shown of each test, around its first "Failure", "FAILED" or "error".
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

TOLD = re.compile(r"Failure$|FAILED|\berror\b|ERROR|runtime error|Sanitizer|Timeout", re.MULTILINE)
TESTS_MAX = 10


def essence(output: str, lines: int) -> list[str]:
    told = TOLD.search(output)
    said = (output[output.rfind("\n", 0, told.start()) + 1:] if told else output).splitlines()
    said = [line[:200] for line in said if line.strip()]
    return said[:lines] if told else said[-lines:]


def main() -> None:
    lines = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    failed = [case for case in ElementTree.parse(sys.argv[1]).getroot().iter("testcase")
              if case.find("failure") is not None or case.get("status") == "fail"]
    for case in failed[:TESTS_MAX]:
        output = case.findtext("system-out") or ""
        reason = case.find("failure")
        why = reason.get("message") if reason is not None else ""
        name, seconds = case.get("name").split("  #")[0], float(case.get("time"))
        print(f"-- {name} ({seconds:.1f} s) {why}".rstrip())
        for line in essence(output, lines):
            print(f"   {line}")
    if len(failed) > TESTS_MAX:
        print(f"-- and {len(failed) - TESTS_MAX} more")


if __name__ == "__main__":
    main()
