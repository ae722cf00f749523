#!/usr/bin/env python3
"""Stands in for dflowc-frontend in the driver's tests: dflowc-frontend JOB RESULT.

It "rewrites" by opening comments: `/*+ code +*/` becomes `/*+*/ code /*+*/`, pure insertions on one line, in the
main file and in headers that it includes by quotes from its own directory; MAIN_FILE becomes the main file's name. `// TAIL code` adds a line at the end.
Words in the main file make it misbehave: FRONTEND_CRASH, FRONTEND_EATS, FRONTEND_UNPARSED, FRONTEND_FATAL, FRONTEND_GARBAGE,
FRONTEND_WAITS.
"""
import os
import re
import signal
import sys


def read_fields(path):
    data, at, fields = open(path, "rb").read(), 0, []
    while at < len(data):
        end = data.index(b"\n", at)
        name, size = data[at:end].split(b" ")
        fields.append((name.decode(), data[end + 1 : end + 1 + int(size)].decode()))
        at = end + 2 + int(size)
    return fields


def write_fields(path, fields):
    with open(path, "wb") as out:
        for name, text in fields + [("end", "")]:
            text = text.encode()
            out.write(b"%s %d\n%s\n" % (name.encode(), len(text), text))


def rewrite(text):
    changed = text.replace("/*+", "/*+*/").replace("+*/", "/*+*/").replace("/*/*+*/", "/*+*/")
    tail = re.findall(r"// TAIL (.*)", text)
    return changed + "".join(line + "\n" for line in tail)


def files_of(path, main):
    text = open(path).read()
    if "/*+" in text:
        yield path, rewrite(text).replace("MAIN_FILE", f'"{main}"')
    for name in re.findall(r'#include "(.*)"', text):
        header = os.path.join(os.path.dirname(path), name)
        if os.path.exists(header):
            yield from files_of(header, main)


def main():
    job = read_fields(sys.argv[1])
    values = dict(job)
    path = os.path.realpath(os.path.join(values["directory"], values["main_file"]))  # as Clang tells paths
    text = open(path).read()
    if "FRONTEND_CRASH" in text:
        print("a long stack dump", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    if "FRONTEND_EATS" in text:
        sys.exit(11)
    if "FRONTEND_WAITS" in text:
        print("the frontend waits", flush=True)
        signal.pause()
    if "FRONTEND_ARGUMENTS" in text:
        print("arguments:", *[value for name, value in job if name == "argument"], file=sys.stderr)
    if "FRONTEND_FATAL" in text:
        print(f"{values['main_file']}:1:1: error: a task cannot be that [-Wdflow-test]", file=sys.stderr)
    if "FRONTEND_GARBAGE" in text:
        open(sys.argv[2], "w").write("parsed 1\n1")
        return
    graphs = ", ".join(
        '{"name": "%s", "signature": "", "file": "%s", "line": 1, "tier": 2, "replicable": true, "reason": "",'
        ' "expandable": true, "parameters": [], "segments": [], "boundaries": []}' % (name, values["main_file"])
        for name in re.findall(r"// GRAPH (\w+)", text)
    )
    plan = '{"version": 1, "source": "%s", "graphs": [%s]}' % (values["main_file"], graphs)
    fields = [
        ("parsed", "0" if "FRONTEND_UNPARSED" in text else "1"),
        ("first_error", "app.cpp:3:7: no such thing"),
        ("diagnostics", ""),
        ("fatal", "1" if "FRONTEND_FATAL" in text else "0"),
        ("has_dflow", "1"),
        ("plan", plan),
    ]
    for name, changed in files_of(path, values["main_file"]):
        fields += [("path", name), ("text", changed)]
    write_fields(sys.argv[2], fields)


main()
