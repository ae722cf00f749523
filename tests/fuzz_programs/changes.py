"""Statements that change what futures and containers hold."""

from scope import Bag, Grid, Handle, Index, PARAMETERS, PINNED, Row, Size
from shapes import Shapes


class Changes(Shapes):
    def assign(self):
        def handle():
            found = self.any(Handle, lambda each: each.assignable)
            return found and found.name
        name = self.one_of(self.element, handle)
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
        a, b = (handle.name for handle in self.random.sample(handles, 2))
        tied = not self.affine and self.chance(50)
        return self.line(f"std::tie({a}, {b}) = std::make_pair({b}, {a});" if tied else f"std::swap({a}, {b});")

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
        row, bag, future = self.row(), self.any(Bag), self.future(0)
        if not future or not (row or bag):
            return None
        if bag and self.chance(50) and not self.pinned():
            return self.line(f"append(ex, {bag.name}, {future});")
        target = self.random.choice([each for each in (row, bag) if each])
        return self.line(f"renew(ex, {target.name}, {self.random.randrange(2)}, {future});")

    def call_own(self):
        """Of a function that is written for it, or was before; it changes the row, and returns something."""
        row, handle = self.row(), self.any(Handle)
        if not row or not handle or not row.size.parameter or self.name.endswith("_helped"):
            return None
        plus = row.size.plus
        if plus not in self.helpers:
            name = f"{self.name}_by{plus}_helped"
            scope = [Row("row", Size("n", plus), own=False), Handle("x"), PINNED]
            helper = type(self)(self.random.random(), name, scope=scope)
            helper.budget = self.random.randint(1, 4)
            self.helpers[plus] = name, helper.function(f"Row& row, Handle x, {PARAMETERS}")
        result = self.fresh("h")
        self.line(f"Handle {result} = {self.helpers[plus][0]}(ex, {row.name}, {handle.name}, {row.size.parameter}, m, flag, xs);")
        return self.add(Handle(result))

    def swap_rows(self):
        grid = self.any(Grid)
        a, b = grid and self.subscript(grid.rows), grid and self.subscript(grid.rows)
        return self.line(f"std::swap({grid.name}[{a}], {grid.name}[{b}]);") if a and b and not self.pinned() else None
