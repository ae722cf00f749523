#!/usr/bin/env python3
"""Checks that misuse of dflow is refused with dflow's own words in the first error, and that its headers are clean.

usage: compile_fail.py INCLUDE_DIR COMPILER [-k NAME]
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic"]
HEADERS = """#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <dflow/dflow.h>
"""
FRAME = """int square(int);
int add(int, int);
int total(const std::vector<int>&);
void sort_in_place(std::vector<int>&);
std::string name();
void use(dflow::Executor& ex) {
%s
}
"""
# What the cases above would be if they were right: shows that it is the misuse that fails, not the frame.
CONTROL = """(void)ex;
ex.submit(square, 1);
ex.submit(total, std::vector{ex.submit(square, 1)});
ex.submit([](std::stop_token, int) {}, 1);
ex.submit([](auto a, auto b) { return a + b; }, 1, 2);
ex.submit(square, 1).then([](int) {}).on_done([] {});
"""


def cases():
    name, text, body = None, None, []
    for line in (HERE / "cases.txt").read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"== (\w+): (.*)", line)
        if heading:
            if name:
                yield name, text, "\n".join(body)
            name, text, body = heading[1], heading[2], []
        elif name:
            body.append(line)
    yield name, text, "\n".join(body)


def run_compiler(compiler, *arguments):
    return subprocess.run([compiler, *arguments], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)


def compile_text(compiler, include, text, more_flags=()):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "case.cc"
        source.write_text(text, encoding="utf-8")
        return run_compiler(compiler, *FLAGS, *more_flags, "-I", include, str(source))


class Frame:
    """What stands around each case; its headers, which take most of the time, are compiled once."""

    def __init__(self, compiler, include, folder):
        self.compiler, self.include = compiler, include
        header = pathlib.Path(folder) / "headers.h"
        header.write_text(HEADERS, encoding="utf-8")
        # Where both compilers look for what `-include headers.h` stands for.
        compiled = f"{header}.{'pch' if 'clang' in compiler else 'gch'}"
        self.flags = ["-include", str(header)]
        flags = [flag for flag in FLAGS if flag != "-fsyntax-only"]
        made = run_compiler(compiler, *flags, "-I", include, "-x", "c++-header", str(header), "-o", compiled)
        if made.returncode != 0:
            sys.exit(f"the headers do not compile:\n{made.stderr[:2000]}")

    def compile(self, body):
        return compile_text(self.compiler, self.include, FRAME % body, self.flags)


def first_error(output):
    return next((line for line in output.splitlines() if "error:" in line), "")


def more_errors(name, output):
    """A broken rule is one error: nothing that follows from it is reported of dflow's headers or the library's."""
    inside = [line for line in output.splitlines() if re.search(r"/(dflow|c\+\+)/.*error:", line)]
    return f"{name}: more errors than the rule:\n    " + "\n    ".join(inside[1:]) if len(inside) > 1 else None


def check_case(frame, case):
    name, expected, body = case
    result = frame.compile(body)
    if result.returncode == 0:
        return f"{name}: compiles"
    error = first_error(result.stderr)
    if any(text in error for text in expected.split("|")):
        return more_errors(name, result.stderr)
    return f"{name}: the first error is\n    {error}\n  instead of\n    {expected}"


def check_headers(compiler, include, headers):
    """Without a warning, and each twice: the first stands alone."""
    text = "".join(f"#include <{header}>\n#include <{header}>\n" for header in headers)
    result = compile_text(compiler, include, text, ["-Wshadow", "-Wnon-virtual-dtor", "-Werror"])
    return None if result.returncode == 0 else f"{headers[0]} does not stand alone:\n{result.stderr[:2000]}"


def foreign_includes(include):
    """dflow's headers include dflow's headers and the standard library's, nothing else."""
    for path in sorted(pathlib.Path(include).rglob("*.h")):
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.match(r"\s*#\s*include\s+(\S+)", line)
            if found and not re.fullmatch(r"<dflow/[\w/]+\.h>|<[a-z_]+>", found[1]):
                yield f"{path.name} includes {found[1]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("include")
    parser.add_argument("compiler")
    parser.add_argument("-k", default="", help="only the cases and headers whose name contains this")
    arguments = parser.parse_args()
    include, compiler = arguments.include, arguments.compiler
    wrong = list(foreign_includes(include))
    headers = [str(p.relative_to(include)) for p in sorted(pathlib.Path(include).rglob("*.h"))]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        frame = Frame(compiler, include, folder)
        control = frame.compile(CONTROL)
        if control.returncode != 0:
            wrong.append("the control case does not compile:\n" + control.stderr[:2000])
        jobs = [pool.submit(check_case, frame, case) for case in cases() if arguments.k in case[0]]
        headers = [header for header in headers if arguments.k in header]
        # Whether a header stands alone is the library's to say, which both compilers share: one of them asks for each.
        groups = [headers] if "clang" in compiler and headers else [[header] for header in headers]
        jobs += [pool.submit(check_headers, compiler, include, group) for group in groups]
        wrong += [job.result() for job in jobs if job.result()]
    print("\n".join(wrong) or f"{len(jobs)} cases and headers: each as it should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
