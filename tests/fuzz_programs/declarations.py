"""Statements that declare futures, containers of them, and functions."""

from expressions import Expressions, UNARY
from scope import Bag, Grid, Handle, Index, Lambda, PINNED, Row, Size


class Declarations(Expressions):
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

    def new_row_alias(self):
        """A name for a row, or for one of two."""
        row = self.row()
        if not row:
            return None
        others = [each for each in self.every(Row) if each.vector and each.size == row.size]
        name = self.fresh("w")
        target = f"{self.condition()} ? {row.name} : {self.random.choice(others).name}" if others and self.chance(40) else row.name
        self.line(f"Row& {name} = {target};")
        self.scopes[-1].append(PINNED)
        return self.add(Row(name, row.size, own=False))

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
        row, other = self.row(), self.row()
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
            if self.chance(40):
                j, first, end = self.fresh("j"), *self.random.choice([("0", i), ("0", i), (i, str(size)), ("1", f"{i} + 2")])
                guard = f"if (({i} + {j}) % 2 == 0) " if self.chance(30) else ""
                inner = lambda: self.line(f"{guard}{name}.push_back({self.submit()});")  # noqa: E731
                self.block(f"for (int {j} = {first}; {j} < {end}; ++{j})", inner, [Index(j, 0, Size(size.parameter, size.plus + 1))])
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
