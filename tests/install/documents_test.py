"""Compiles and runs what the documents show, with the installed tree.

In docs/tutorial.md, ```cpp file=NAME blocks are written to files, and the commands of ```console blocks ("$ ...") are run
after one another in the same folder; what they print must be what follows them. A line "..." stands for any lines, "..."
within a line for any text. Of the README, the first C++ block and the commands below it are taken.
"""

import re
import unittest

from support import SOURCE, InstalledTest

BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)


def pattern(expected):
    """A regular expression for output that is written with "..."."""
    lines = [r"(?:[^\n]*\n)*?" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n"
             for line in expected]
    return re.compile("".join(lines))


def commands(console):
    """[(command, expected lines)] of a console block."""
    found = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


class Patterns(unittest.TestCase):
    def test_match_what_is_written_and_nothing_else(self):
        self.assertTrue(pattern(["a.b", "...", "c ... d"]).fullmatch("a.b\n1\n2\nc x d\n"))
        self.assertTrue(pattern(["...", "last"]).fullmatch("last\n"))
        for other in ("axb\nc x d\n", "a.b\nc x d\nmore\n", "", "a.b\n"):
            self.assertFalse(pattern(["a.b", "...", "c ... d"]).fullmatch(other), other)


class Documents(InstalledTest):
    def check(self, command, expected):
        printed = self.call(f"({command}\n) 2>&1", shell=True, code=None)
        if not pattern(expected).fullmatch(printed):
            self.fail(f"$ {command}\nprinted\n{printed}but the document says\n" + "\n".join(expected))

    def test_tutorial(self):
        ran = 0
        for language, tag, text in BLOCK.findall((SOURCE / "docs/tutorial.md").read_text()):
            if name := re.fullmatch(r" file=(\S+)", tag):
                (self.work / name[1]).write_text(text)
            elif language == "console":
                for command, expected in commands(text):
                    with self.subTest(command):
                        self.check(command, expected)
                    ran += 1
            else:
                self.assertEqual(language, "sh", "a block that nobody checks")
        self.assertGreater(ran, 20)

    def test_readme(self):
        text = (SOURCE / "README.md").read_text()
        program = next(text for language, _, text in BLOCK.findall(text) if language == "cpp")
        shown = re.findall(r"^    ((?:g\+\+|dflowc|dflow) .*?)\s*(?:#.*)?$", text, re.M)
        self.assertGreaterEqual(len(shown), 4)
        source = next(word for word in shown[0].split() if word.endswith(".cpp"))
        printed = re.search(r"//\s*(\d+)$", program, re.M)[1]
        (self.work / source).write_text(program)
        for command in shown:
            self.call(command, shell=True)
            (self.work / "a.out").exists() and self.assertEqual(self.call("./a.out"), printed + "\n")
        self.assertEqual(self.call("./" + source.removesuffix(".cpp")), printed + "\n")
        self.assertIn("<svg", (self.work / shown[-1].split()[-1]).read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
