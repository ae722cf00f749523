#!/usr/bin/env python3
"""Checks that docs/conformance.md accounts for the cases of conformance_cases.txt and no others, that each has a test or a
reason, and that each test which it names exists, also in its reasons, which name tests and no folders of them.

usage: conformance_check.py CONFORMANCE_MD CASES_TXT TEST_EXECUTABLE...
"""
import collections
import re
import subprocess
import sys
from pathlib import Path


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


def cases_of(path):
    """How often each file has each case: "FILE:", then the names below it."""
    file, cases = "", collections.Counter()
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            cases.update((file, name) for name in line.strip().rstrip(",").split(", "))
        elif not line.startswith("#"):
            file = line.removesuffix(":")
    return cases


def written_tests(tests):
    """Of all sources: GoogleTests as Suite.Name, the checks of scripts as script.py: name, and CTest's tests."""
    found = set()
    for source in tests.rglob("*.cc"):
        for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", source.read_text(encoding="utf-8"), re.MULTILINE):
            found.add(f"{suite}.{name}")
    for script in tests.rglob("*_test.py"):
        for name in re.findall(r"^def (\w+)\(\):", script.read_text(encoding="utf-8"), re.MULTILINE):
            found.add(f"{script.name}: {name}")
    for lists in tests.rglob("CMakeLists.txt"):
        found.update(re.findall(r"add_test\(NAME ([\w.]+)", lists.read_text(encoding="utf-8")))
    return found


def named_in(reason):
    """`Suite.Name`, `script_test.py`: `check`, and CTest's `folder.name`."""
    yield from re.findall(r"`([A-Z]\w*\.[A-Z0-9]\w*)`", reason)
    for script, check in re.findall(r"`(\w+_test\.py)`: `(\w+)`", reason):
        yield f"{script}: {check}"
    yield from re.findall(r"`([a-z]+\.[a-z]+)`", reason)


def vague_in(reason):
    """Folders, scripts without one of their checks, and whole suites, as if somebody were to look for the test himself."""
    yield from re.findall(r"`(tests/\w+|\w+_test\.py)`(?!: `)", reason)
    yield from re.findall(r"`([A-Z]\w*States)`", reason)


def camel(case):
    return "".join(word[:1].upper() + word[1:] for word in case.split("_"))


def main(page, expected, *executables):
    tests = set().union(*map(listed_tests, executables))
    written = written_tests(Path(__file__).parent.parent)
    wrong = []
    found = collections.Counter()
    for file, case, test, reason in rows(page):
        found[file, case] += 1
        wrong += [f"{file}.{case}: its reason names {name}, which is no test" for name in named_in(reason) if name not in written]
        wrong += [f"{file}.{case}: its reason names {name} and no test of it" for name in vague_in(reason)]
        name = test.strip("`")
        if bool(name) == bool(reason):
            wrong.append(f"{file}.{case}: needs either a test or a reason")
        elif name and name not in tests:
            wrong.append(f"{file}.{case}: there is no test {name}")
        elif name and not re.fullmatch(r"\w+\." + camel(case), name):
            wrong.append(f"{file}.{case}: its test should be called {camel(case)}, not {name}")
    wanted = cases_of(expected)
    wrong += [f"{file}.{case}: is not listed" for file, case in (wanted - found).elements()]
    wrong += [f"{file}.{case}: is no case of that file" for file, case in (found - wanted).elements()]
    print("\n".join(wrong) or f"{found.total()} cases, all accounted for")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
