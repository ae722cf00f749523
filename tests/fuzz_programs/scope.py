"""What a random graph function has in scope, and how it is written."""

from dataclasses import dataclass
from random import Random

PARAMETERS = "int n, int m, bool flag, const std::vector<long>& xs"

@dataclass(frozen=True)
class Size:
    """A length: a parameter, which is 0 at least, plus a constant."""
    parameter: str
    plus: int

    def __str__(self):
        if not self.parameter:
            return str(self.plus)
        return f"{self.parameter} + {self.plus}" if self.plus > 0 else self.parameter

    def covers(self, other):
        return self.plus >= other.plus and other.parameter in ("", self.parameter)

    def less(self, difference):
        return Size(self.parameter, self.plus - difference)


@dataclass
class Handle:
    name: str
    assignable: bool = True


@dataclass
class Row:
    """A container whose elements are all valid futures."""
    name: str
    size: Size
    vector: bool = True
    own: bool = True   # a variable that may be moved from and swapped


@dataclass
class Grid:
    name: str
    rows: Size
    columns: Size


@dataclass
class Bag:
    """A vector of valid futures of unknown length."""
    name: str


@dataclass
class Flat:
    """Rows one behind the other in one vector."""
    name: str
    rows: Size
    columns: Size


@dataclass
class Keyed:
    """A map whose keys are 0 to size - 1."""
    name: str
    size: Size
    ordered: bool


@dataclass
class Index:
    """lowest <= name < end"""
    name: str
    lowest: int
    end: Size


@dataclass
class Lambda:
    name: str


# In a scope: something refers to elements, which must stay where they are.
PINNED = object()


class Writer:
    """Lines of C++, and what each scope holds."""

    def __init__(self, seed, name, boundaries=False, scope=()):
        self.random = Random(seed)
        self.name = name
        self.boundaries = boundaries
        self.lines = []
        self.helpers = {}   # by what is added to the length of their row: name and text
        self.scopes = [list(scope)]
        self.counter = 0
        self.budget = self.random.randint(4, 13)
        self.affine = self.chance(65)   # keep to what is likely to have a closed form

    # --- what is in scope

    def fresh(self, stem):
        self.counter += 1
        return f"{stem}{self.counter}"

    def add(self, thing):
        self.scopes[-1].append(thing)
        return thing

    def every(self, kind, where=lambda thing: True):
        return [thing for scope in self.scopes for thing in scope if isinstance(thing, kind) and where(thing)]

    def any(self, kind, where=lambda thing: True):
        found = self.every(kind, where)
        return self.random.choice(found) if found else None

    def row(self):
        """A vector: a variable, or a row of a grid."""
        grid = self.any(Grid)
        subscript = grid and self.chance(30) and self.subscript(grid.rows)
        return Row(f"{grid.name}[{subscript}]", grid.columns, own=False) if subscript else self.any(Row, lambda each: each.vector)

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def one_of(self, *makers):
        """The first, in random order, that can be made here."""
        for maker in self.random.sample(makers, len(makers)):
            made = maker()
            if made is not None:
                return made
        return None

    # --- writing

    def line(self, text):
        self.lines.append("  " * len(self.scopes) + text)
        return True

    def block(self, head, body, things=()):
        self.line(head + " {")
        self.scopes.append(list(things))
        body()
        self.scopes.pop()
        return self.line("}")
