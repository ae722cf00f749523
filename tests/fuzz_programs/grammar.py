"""Random graph functions over the constructs whose graph must be exact.

A `Graph` writes one function, statement by statement. It knows what is in scope and how long each container is, so that
whatever it writes is a correct program: each future is valid and each subscript within its bounds, for all parameters.
Its task results depend on all their inputs, so that a wrong edge changes what the program prints.
"""

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

UNARY = ["make", "turn_", "twist<3>", "Scale{{{number}}}", "&Model::forward, Model{{{number}}}",
         "[](long a) {{ return mix(a, {number}); }}", "[by = {value}](long a) {{ return mix(by, a); }}",
         "[](auto a) {{ return mix({number}, a); }}"]
BINARY = ["mix", "mix", "mix", "join<long, long>", "Model::backward", "[](long a, const long& b) {{ return mix(b, mix(a, {number})); }}",
          "blend, {value}"]


class Graph:
    def __init__(self, seed, name, boundaries=False):
        self.random = Random(seed)
        self.name = name
        self.boundaries = boundaries
        self.lines, self.helpers = [], []
        self.scopes = [[]]
        self.counter = 0
        self.budget = self.random.randint(4, 13)
        self.affine = self.chance(50)   # keep to what is likely to have a closed form

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

    # --- integers and conditions

    def size(self):
        return self.random.choice([Size("n", 0), Size("n", 0), Size("n", 1), Size("n", 2), Size("m", 0), Size("m", 1),
                                   Size("k", 0), Size("", 2), Size("", 3), Size("", 4)])

    def number(self):
        return str(self.random.randrange(1, 10))

    def value(self):
        index = self.any(Index)
        choices = ["n", "m", self.number(), self.number()]
        if index:
            choices += [index.name, f"{index.name} * {self.number()} + 1", f"{index.name} - m"]
            if index.lowest >= 0 and Size("k", 0).covers(index.end):
                choices += [f"xs[{index.name}]"]
        return self.random.choice(choices)

    def condition(self):
        index = self.any(Index)
        choices = ["flag", "!flag", "n > 2", "n % 2 == 0", "m == 0", "m < n", "n > 1 && flag", "xs.empty()", "k < 3 || flag"]
        if index:
            i = index.name
            choices += [f"{i} == 0", f"{i} > 1", f"{i} % 2 == 0", f"{i} % 3 != 1", f"{i} + 1 < n", f"{i} < m", f"flag && {i} != 1"] * 2
        return self.random.choice(choices)

    # --- futures

    def subscript(self, size):
        """An expression that is within [0, size), or None."""
        choices = [str(constant) for constant in range(size.plus)]
        for index in self.every(Index):
            for offset in range(-2, 4):
                if index.lowest + offset >= 0 and size.covers(index.end.less(-offset)):
                    text = index.name if offset == 0 else f"{index.name} {'+' if offset > 0 else '-'} {abs(offset)}"
                    choices += [text] * (3 if offset == 0 else 1)
            if index.lowest >= 0 and size.covers(index.end):
                choices.append(f"{size} - 1 - {index.name}")
            if index.lowest >= 0 and size.plus > 0:
                choices += [] if self.affine else [f"({index.name} * 3 + 1) % ({size})", f"({index.name} ^ 1) % ({size})",
                                                   f"{index.name} % ({size})"]
        if size.plus > 0 and size.parameter:
            choices += [f"{size} - 1"] + ([] if self.affine else [f"(n / 2) % ({size})"])
        return self.random.choice(choices) if choices else None

    def guarded(self, row):
        """An element with a condition that it exists, or None."""
        index = self.any(Index, lambda each: each.lowest >= 0 and row.size.covers(each.end))
        handle = self.any(Handle)
        if not handle:
            return None
        if index and self.chance(60):
            i = index.name
            return self.random.choice([f"({i} > 0 ? {row.name}[{i} - 1] : {handle.name})",
                                       f"({i} + 1 < {row.size} ? {row.name}[{i} + 1] : {handle.name})"])
        return f"({row.size} > 0 ? {row.name}[0] : {handle.name})"

    def element(self):
        def of_row():
            row = self.any(Row)
            subscript = row and self.subscript(row.size)
            return f"{row.name}[{subscript}]" if subscript else None

        def of_grid():
            grid = self.any(Grid)
            rows, columns = grid and self.subscript(grid.rows), grid and self.subscript(grid.columns)
            return f"{grid.name}[{rows}][{columns}]" if rows and columns else None
        return self.one_of(of_row, of_row, of_grid)

    def future(self, deep=2):
        """An expression of type Handle, or None."""
        def choice():
            left, right = self.future(0), self.future(0)
            return f"({self.condition()} ? {left} : {right})" if left and right else None

        def guarded():
            row = self.any(Row)
            return row and self.guarded(row)

        def called():
            helper = self.any(Lambda)
            argument = helper and self.future(0)
            return f"{helper.name}({argument}, {self.value()})" if argument else None

        def helped():
            argument = self.future(0)
            return argument and f"chained(ex, {argument}, {self.random.choice(['2', 'n', 'm', *[i.name for i in self.every(Index)]])})"

        handle = lambda: (self.every(Handle) or None) and self.any(Handle).name
        makers = [handle, handle, self.element, self.element]
        if deep > 0:
            makers += [choice, guarded, guarded, called, helped, lambda: self.submit(deep - 1)]
        return self.one_of(*makers)

    def task(self, pattern):
        text = pattern.format(number=self.number(), value=self.value())
        return "static_cast<long (*)(long)>(turn)" if text == "turn_" else text

    def submit(self, deep=2):
        def argument():
            return (None if self.chance(15) else self.future(deep - 1)) or self.value()

        def whole():
            row, grid, bag = self.any(Row, lambda each: each.vector), self.any(Grid), self.any(Bag)
            named = [f"digest, {thing.name}" for thing in (row, bag) if thing] + ([f"digest_rows, {grid.name}"] if grid else [])
            return f"ex.submit({self.random.choice(named)})" if named else None

        def braced():
            three = [self.future(0) for _ in range(3)]
            if None in three:
                return None
            kinds = [f"digest, Row{{{', '.join(three)}}}", f"of_pair, std::pair<Handle, Handle>({three[0]}, {three[1]})",
                     f"digest_three, std::array<Handle, 3>{{{', '.join(three)}}}"]
            return f"ex.submit({self.random.choice(kinds)})"

        def reduced():
            things = self.every((Row, Bag), lambda each: isinstance(each, Bag) or each.vector)
            if not things:
                return None
            return f"ex.reduce(mix, {self.random.choice(things).name}, {self.future(0)})"

        def treed():
            thing = self.any((Row, Bag), lambda each: isinstance(each, Bag) or each.vector)
            return thing and f"tree(ex, {thing.name}, 0, {thing.name}.size())"

        unary = lambda: f"ex.submit({self.task(self.random.choice(UNARY))}, {argument()})"
        binary = lambda: f"ex.submit({self.task(self.random.choice(BINARY))}, {argument()}, {argument()})"
        then = lambda: f"ex.submit(make, {self.value()}).then(Scale{{{self.number()}}})"
        many = [whole, reduced] + ([] if self.affine else [braced, treed, then]) if self.chance(30) else []
        return (many and self.one_of(*many)) or self.one_of(unary, binary, binary)

    # --- statements that declare

    def new_handle(self):
        name = self.fresh("h")
        self.line(f"{self.random.choice(['auto', 'Handle'])} {name} = {self.submit()};")
        return self.add(Handle(name))

    def new_pair(self):
        x, y = self.future(0), self.future(0)
        if not (x and y):
            return None
        names = self.fresh("p"), self.fresh("q")
        self.line(f"auto [{names[0]}, {names[1]}] = crossed(ex, {x}, {y});")
        return [self.add(Handle(name)) for name in names]

    def new_alias(self):
        element = self.element()
        if not element:
            return None
        name = self.fresh("r")
        changes = self.chance(50)
        self.line(f"{'auto&' if changes else 'const auto&'} {name} = {element};")
        self.scopes[-1].append(PINNED)
        return self.add(Handle(name, changes))

    def new_optional(self):
        name, condition, future = self.fresh("o"), self.condition(), self.future(1)
        if not future:
            return None
        self.line(f"std::optional<Handle> {name};")
        self.line(f"if ({condition}) {name} = {future};")
        taken = self.fresh("h")
        self.line(f"Handle {taken} = ex.submit(or_nine, {name});")
        return self.add(Handle(taken))

    def new_stage(self):
        x, y, size = self.future(0), self.future(0), Size("", 2)
        if not (x and y):
            return None
        name = self.fresh("s")
        self.line(f"Stage {name}{{{x}, {y}, {{{y}, {x}}}}};")
        self.add(Row(f"{name}.row", size, own=False))
        return [self.add(Handle(f"{name}.{member}")) for member in ("left", "right")]

    def new_row(self):
        name, size = self.fresh("a"), self.size()
        i = self.fresh("i")
        index = Index(i, 0, size)
        if not size.parameter and self.chance(40):
            self.line(f"std::array<Handle, {size}> {name};")
            self.block(f"for (int {i} = 0; {i} < {size}; ++{i})", lambda: self.line(f"{name}[{i}] = {self.submit()};"), [index])
            return self.add(Row(name, size, vector=False, own=False))
        forms = ["push", "push", "index", "index", "resize", "fill"] + (["map"] * 3 if size == Size("k", 0) else [])
        form = self.random.choice(forms)
        if form == "map":
            task = self.random.choice(["make", "Scale{4}", "[by = m](long x) { return mix(x, by); }"])
            self.line(f"auto {name} = ex.map({task}, xs);")
        elif form == "fill":
            self.line(f"Row {name}({size}, {self.future(0) or self.submit(0)});")
        elif form == "push":
            self.line(f"Row {name};")
            add = self.random.choice(["push_back", "push_back", "emplace_back"])
            carried = self.add(Handle(self.fresh("c"))) if self.chance(40) else None
            if carried:
                self.scopes[-1].remove(carried)
                self.line(f"Handle {carried.name} = {self.submit(0)};")
            self.block(f"for (int {i} = 0; {i} < {size}; ++{i})", lambda: self.push(name, add, carried), [index] + ([carried] if carried else []))
        else:
            self.line(f"Row {name}({size});" if form == "index" else f"Row {name};")
            if form == "resize":
                self.line(f"{name}.resize({size});")
            down = self.chance(25)
            head = f"for (int {i} = {size} - 1; {i} >= 0; --{i})" if down else f"for (int {i} = 0; {i} < {size}; ++{i})"
            self.block(head, lambda: self.line(f"{name}[{i}] = {self.submit()};"), [index])
        return self.add(Row(name, size))

    def push(self, name, add, carried):
        self.line(f"{name}.{add}({self.submit()});")
        if carried:
            self.line(f"{carried.name} = ex.submit(mix, {carried.name}, {name}.back());")

    def new_mapped(self):
        row, other = self.any(Row, lambda each: each.vector), self.any(Row, lambda each: each.vector)
        if not row:
            return None
        name = self.fresh("a")
        if self.chance(40):
            self.line(f"Row {name} = shifted(ex, {row.name}, {self.future(0) or self.submit(0)});")
        elif self.chance(40) and row.size == other.size:
            self.line(f"auto {name} = ex.map(mix, {row.name}, {other.name});")
        elif self.chance(40):
            self.line(f"Row {name} = {row.name};")
        else:
            self.line(f"Row {name} = ex.map({self.task(self.random.choice(UNARY[2:4] + UNARY[5:]))}, {row.name});")
        return self.add(Row(name, row.size))

    def new_grid(self):
        name, rows = self.fresh("g"), self.size()
        columns = self.size()
        i, j, row = self.fresh("i"), self.fresh("j"), self.fresh("a")
        outer, inner = Index(i, 0, rows), Index(j, 0, columns)

        def fill_row():
            self.block(f"for (int {j} = 0; {j} < {columns}; ++{j})", lambda: self.line(f"{name}[{i}][{j}] = {self.submit()};"), [inner])

        def push_row():
            self.line(f"Row {row};")
            self.block(f"for (int {j} = 0; {j} < {columns}; ++{j})", lambda: self.line(f"{row}.push_back({self.submit()});"), [inner])
            self.line(f"{name}.push_back(std::move({row}));")

        def push_cells():
            self.block(f"for (int {j} = 0; {j} < {columns}; ++{j})", lambda: self.line(f"{name}[{i}].push_back({self.submit()});"), [inner])
        declaration, body = self.random.choice([(f"({rows}, Row({columns}))", fill_row), ("", push_row), (f"({rows})", push_cells)])
        self.line(f"Grid {name}{declaration};")
        self.block(f"for (int {i} = 0; {i} < {rows}; ++{i})", body, [outer])
        return self.add(Grid(name, rows, columns))

    def new_bag(self):
        name, size, i = self.fresh("b"), self.size(), self.fresh("i")
        self.line(f"Row {name};")

        def body():
            if self.chance(70):
                self.line(f"if ({self.condition()}) {self.random.choice(['continue', 'continue', 'break'])};")
            self.line(f"{name}.push_back({self.submit()});")
            if self.chance(30):
                self.line(f"if ({self.condition()}) {name}.push_back({self.submit()});")
        self.block(f"for (int {i} = 0; {i} < {size}; ++{i})", body, [Index(i, 0, size)])
        return self.add(Bag(name))

    def new_lambda(self):
        name, x, i = self.fresh("f"), self.fresh("h"), self.fresh("i")
        if len(self.scopes) > 2:
            return None

        def body():
            if self.chance(40):
                self.line(f"if ({i} > 3) return {self.submit(0)};")
            result = self.submit(1)
            self.line(f"return {result};")
        self.line(f"auto {name} = [&](const Handle& {x}, [[maybe_unused]] int {i}) -> Handle {{")
        self.scopes.append([Handle(x, False), Index(i, -1, Size("never", 0))])
        body()
        self.scopes.pop()
        self.line("};")
        return self.add(Lambda(name))

    # --- statements that change

    def assign(self):
        def target():
            element = self.element()
            return element

        def handle():
            found = self.any(Handle, lambda each: each.assignable)
            return found and found.name
        name = self.one_of(target, handle)
        if not name:
            return None
        return self.line(f"{name} = {self.submit() if self.chance(75) else self.future()};")

    def carry(self):
        handle = self.any(Handle, lambda each: each.assignable)
        if not handle:
            return None
        form = self.random.choice([f"ex.submit(mix, {{0}}, {self.value()})", f"chained(ex, std::move({{0}}), 2)",
                                   f"ex.submit(mix, std::move({{0}}), {self.value()})", "ex.submit(twist<2>, {0})"])
        return self.line(f"{handle.name} = {form.format(handle.name)};")

    def pinned(self):
        return any(PINNED in scope for scope in self.scopes)

    def movable(self):
        return [] if self.pinned() else self.every(Row, lambda each: each.own)

    def swap(self):
        # References follow their elements into the other row, as long as both rows last.
        rows = self.movable() or [each for each in self.scopes[0] if isinstance(each, Row) and each.own]
        pairs = [(a, b) for a in rows for b in rows if a is not b and a.size == b.size]
        handles = self.every(Handle, lambda each: each.assignable)
        if pairs and self.chance(80):
            a, b = self.random.choice(pairs)
            third = [c for c in rows if c is not a and c is not b and c.size == a.size]
            self.line(self.random.choice([f"std::swap({a.name}, {b.name});", f"{a.name}.swap({b.name});"]))
            if third and self.chance(60):
                self.line(f"std::swap({b.name}, {third[0].name});")
            return True
        if len(handles) < 2:
            return None
        a, b = self.random.sample(handles, 2)
        return self.line(self.random.choice([f"std::swap({a.name}, {b.name});",
                                             f"std::tie({a.name}, {b.name}) = std::make_pair({b.name}, {a.name});"]))

    def step(self):
        """A loop in time: the next row from the current one, moved or swapped over it."""
        rows = self.movable()
        if not rows or len(self.scopes) > 3:
            return None
        row = self.random.choice(rows)
        t, i, following = self.fresh("t"), self.fresh("i"), self.fresh("a")
        times = self.random.choice(["3", "n", "m"])
        index = Index(i, 0, row.size)
        if self.chance(50):
            def body():
                self.line(f"Row {following};")
                self.block(f"for (int {i} = 0; {i} < {row.size}; ++{i})", lambda: self.line(
                    f"{following}.push_back(ex.submit(mix, {self.guarded(row) or row.name + '[' + i + ']'}, {row.name}[{i}]));"), [index])
                self.line(f"{row.name} = std::move({following});")
        else:
            self.line(f"Row {following} = {row.name};")

            def body():
                low, high = self.random.choice([(0, 0), (1, 0), (1, 1)])
                left, right = f"{i} - 1" if low else i, f"{i} + 1" if high else i
                self.block(f"for (int {i} = {low}; {i} < {row.size.less(high) if row.size.plus >= high else f'{row.size} - {high}'}; ++{i})",
                           lambda: self.line(f"{following}[{i}] = ex.submit(blend, {row.name}[{left}], {row.name}[{right}], {self.future(0)});"),
                           [Index(i, low, row.size.less(high))])
                self.line(f"std::swap({row.name}, {following});")
        self.block(f"for (int {t} = 0; {t} < {times}; ++{t})", body, [Index(t, 0, Size(times, 0) if times != "3" else Size("", 3))])
        return True

    def call_helper(self):
        row, bag, future = self.any(Row, lambda each: each.vector), self.any(Bag), self.future(0)
        if not future or not (row or bag):
            return None
        if bag and self.chance(50) and not self.pinned():
            return self.line(f"append(ex, {bag.name}, {future});")
        target = self.random.choice([each for each in (row, bag) if each])
        return self.line(f"renew(ex, {target.name}, {self.random.randrange(2)}, {future});")

    # --- statements that hold others

    def some(self, most=3):
        for _ in range(self.random.randint(1, most)):
            self.statement()

    def loop(self):
        i, size = self.fresh("i"), self.size()
        around = self.any(Index, lambda each: each.lowest >= 0)
        low, high = self.random.choice([(0, 0)] * 3 + [(1, 0), (0, 1), (1, 1), (2, 0)])
        end = size.less(high)
        if around and self.chance(40):   # triangular: i < around, or around < i
            if self.chance(50):
                head, index = f"for (int {i} = 0; {i} < {around.name}; ++{i})", Index(i, 0, around.end.less(1))
            else:
                head, index = f"for (int {i} = {around.name} + 1; {i} < {size}; ++{i})", Index(i, around.lowest + 1, size)
        elif self.chance(15):
            head, index = f"for (int {i} = {size} - {high + 1}; {i} >= {low}; --{i})", Index(i, low, end)
        elif self.chance(15):
            head, index = f"for (int {i} = {low}; {i} < {size} - {high}; {i} += 2)", Index(i, low, end)
        else:
            limit = f"{size} - {high}" if high else f"{size}"
            head, index = f"for (int {i} = {low}; {i} < {limit}; ++{i})", Index(i, low, end)

        def body():
            if self.chance(15):
                self.line(f"if ({self.condition()}) {self.random.choice(['continue', 'break'])};")
            self.some()
        self.block(head, body, [index])
        return True

    def while_loop(self):
        i, size = self.fresh("i"), self.size()
        self.line(f"int {i} = 0;")

        def body():
            self.some(2)
            self.line(f"++{i};")
        self.block(f"while ({i} < {size})", body, [Index(i, 0, size)])
        return True

    def range_for(self):
        thing, each = self.any((Row, Bag)), self.fresh("e")
        if not thing:
            return None
        handle = self.any(Handle, lambda one: one.assignable)
        form = self.random.randrange(3)
        if form == 0 or not handle:
            self.block(f"for (auto& {each} : {thing.name})", lambda: self.line(f"{each} = ex.submit(mix, {each}, {self.value()});"))
        elif form == 1:
            self.line(f"for (const auto& {each} : {thing.name}) {handle.name} = ex.submit(mix, {handle.name}, {each});")
        else:
            self.block(f"for (const Handle& {each} : {thing.name})", lambda: self.some(2), [Handle(each, False), PINNED])
        return True

    def walk_bag(self):
        bag, i, handle = self.any(Bag), self.fresh("i"), self.any(Handle, lambda one: one.assignable)
        if not bag or not handle:
            return None
        form = self.random.randrange(3)
        if form == 0:
            self.line(f"for (std::size_t {i} = 0; {i} + 1 < {bag.name}.size(); ++{i}) "
                      f"{handle.name} = ex.submit(blend, {bag.name}[{i}], {bag.name}[{i} + 1], {handle.name});")
        elif form == 1:
            self.line(f"if (!{bag.name}.empty()) {handle.name} = ex.submit(mix, {bag.name}.back(), {handle.name});")
        elif not self.pinned():
            self.line(f"while ({bag.name}.size() > 2) {bag.name}.pop_back();")
        return True

    def conditional(self):
        self.line(f"if ({self.condition()}) {{")
        self.scopes.append([])
        self.some()
        self.scopes.pop()
        if self.chance(50):
            self.line("} else {")
            self.scopes.append([])
            self.some(2)
            self.scopes.pop()
        self.line("}")
        return True

    def chosen(self):
        """A switch on a parameter, with a case that falls through."""
        name = self.any(Handle, lambda each: each.assignable)
        if not name:
            return None
        self.line(f"switch ({self.random.choice(['n', 'm', 'm % 3'])}) {{")
        for case in ("case 0", "case 1", "default"):
            end = " break;" if self.chance(70) else " [[fallthrough]];" if case != "default" else ""
            self.line(f"  {case}: {name.name} = ex.submit(mix, {name.name}, {self.future(0)});{end}")
        self.line("}")
        return True

    def leave(self):
        if not self.every(Handle) or self.chance(50):
            return None
        return self.line(f"if ({self.condition()}) return {self.future(1)};")

    def ask(self):
        """A result that steers what follows."""
        handle = self.any(Handle)
        if not self.boundaries or not handle:
            return None
        self.boundaries = self.chance(30)
        self.block(f"if ({handle.name}.get() % 2 == 0)", lambda: self.some(2))
        return True

    def statement(self):
        self.budget -= 1
        deep = len(self.scopes)
        simple = [self.new_handle, self.assign, self.assign, self.assign, self.carry, self.call_helper, self.walk_bag, self.new_alias]
        declares = [self.new_row, self.new_row, self.new_row, self.new_grid, self.new_mapped]
        declares += [] if self.affine else [self.new_bag, self.new_pair, self.new_stage, self.new_optional, self.new_lambda]
        holds = [self.loop] * 6 + [self.while_loop, self.range_for, self.range_for, self.conditional, self.conditional,
                                   self.chosen, self.step, self.step]
        others = [self.swap, self.swap, self.leave, self.ask]
        if self.budget < 0 or deep > 3:
            return self.one_of(*simple)
        return self.one_of(*self.random.choice([simple, declares, holds, holds, others, declares])) or self.new_handle()

    # --- the whole

    def text(self):
        self.line("[[maybe_unused]] const int k = static_cast<int>(xs.size());")
        self.new_handle()
        self.new_row()
        while self.budget > 0:
            self.statement()
        result = self.fresh("result")
        self.line(f"Handle {result} = ex.submit(make, 1);")
        for each in self.every(Handle):
            self.line(f"{result} = ex.submit(mix, {result}, {each.name});")
        for each in self.every(Row):
            self.line(f"for (const auto& each : {each.name}) {result} = ex.submit(mix, {result}, each);")
        for each in self.every((Bag, Grid)):
            self.line(f"{result} = ex.submit(mix, {result}, ex.submit({'digest' if isinstance(each, Bag) else 'digest_rows'}, {each.name}));")
        self.line(f"return {result};")
        return "\n".join([f"[[dflow::graph]] Handle {self.name}(dflow::Executor& ex, {PARAMETERS}) {{", *self.lines, "}"])
