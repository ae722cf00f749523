#!/usr/bin/env python3
"""Checks that each test which docs/conformance.md names exists, and that each case there has a test or a reason.

usage: conformance_check.py CONFORMANCE_MD CASES TEST_EXECUTABLE...
"""
import re
import subprocess
import sys


def listed_tests(executable):
    listing = subprocess.run([executable, "--gtest_list_tests"], check=True, capture_output=True, text=True).stdout
    suite, tests = "", set()
    for line in listing.splitlines():
        name = line.split("#")[0].rstrip()
        if name.startswith("  "):
            tests.add(suite + name.strip())
        elif name.endswith("."):
            suite = name
    return tests


def rows(path):
    with open(path, encoding="utf-8") as page:
        for line in page:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if line.startswith("| ") and len(cells) == 4 and cells[0] != "file":
                yield cells


def camel(case):
    return "".join(word[:1].upper() + word[1:] for word in case.split("_"))


def main(page, expected, *executables):
    tests = set().union(*map(listed_tests, executables))
    wrong = []
    count = 0
    for file, case, test, reason in rows(page):
        count += 1
        name = test.strip("`")
        if bool(name) == bool(reason):
            wrong.append(f"{file}.{case}: needs either a test or a reason")
        elif name and name not in tests:
            wrong.append(f"{file}.{case}: there is no test {name}")
        elif name and not re.fullmatch(r"\w+\." + camel(case), name):
            wrong.append(f"{file}.{case}: its test should be called {camel(case)}, not {name}")
    if count != int(expected):
        wrong.append(f"{count} cases are listed instead of {expected}")
    print("\n".join(wrong) or f"{count} cases, all accounted for")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
