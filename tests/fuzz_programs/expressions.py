"""Expressions: integers, conditions, futures, submits."""

from scope import Bag, Flat, Grid, Handle, Index, Keyed, Lambda, Row, Size, Writer

UNARY = ["make", "turn_", "twist<3>", "Scale{{{number}}}", "&Model::forward, Model{{{number}}}",
         "[](long a) {{ return mix(a, {number}); }}", "[by = {value}](long a) {{ return mix(by, a); }}",
         "[](auto a) {{ return mix({number}, a); }}"]
BINARY = ["mix", "mix", "mix", "join<long, long>", "Model::backward", "[](long a, const long& b) {{ return mix(b, mix(a, {number})); }}",
          "blend, {value}"]


class Expressions(Writer):
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

        def of_flat():
            flat = self.any(Flat)
            row, column = flat and self.subscript(flat.rows), flat and self.subscript(flat.columns)
            return f"{flat.name}[({row}) * ({flat.columns}) + {column}]" if row and column else None

        def of_map():
            keyed = self.any(Keyed)
            key = keyed and self.subscript(keyed.size)
            return f"{keyed.name}.at({key})" if key else None
        return self.one_of(of_row, of_row, of_grid, of_flat, of_map)

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
            row, grid, bag = self.row(), self.any(Grid), self.any(Bag)
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
        if self.chance(4):
            return f"ex.with({{.on_failure = dflow::OnFailure::ignore}}).submit(picky, {argument()})"
        text = (many and self.one_of(*many)) or self.one_of(unary, binary, binary)
        return text.replace("ex.submit", f"ex.with({self.options()}).submit", 1) if text.startswith("ex.submit") and self.chance(8) else text

    def options(self):
        after = self.any(Handle)
        parts = [f'.name = "{self.random.choice(["first", "second"])}"'] if self.chance(50) else []
        parts += [f".priority = {self.number()}"] if self.chance(50) else []
        parts += [f".retries = {self.number()}"] if self.chance(15) else []
        parts += [".timeout = std::chrono::hours(1)"] if self.chance(15) else []
        return "{" + ", ".join(parts + ([f".after = {{{after.name}}}"] if after and self.chance(60) else [])) + "}"
