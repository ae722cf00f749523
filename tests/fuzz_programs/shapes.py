"""Statements that hold futures in other ways: flat grids, maps, objects with numbers of their own, optional ones."""

from declarations import Declarations
from scope import Flat, Handle, Index, Keyed, PINNED, Row


class Shapes(Declarations):
    def new_flat(self):
        """Rows one behind the other: name[i * columns + j]."""
        name, rows, columns = self.fresh("d"), self.size(), self.size()
        i, j = self.fresh("i"), self.fresh("j")
        push = self.chance(30)
        self.line(f"Row {name};" if push else f"Row {name}(({rows}) * ({columns}));")

        def fill():
            put = f"{name}.push_back({self.submit()})" if push else f"{name}[{i} * ({columns}) + {j}] = {self.submit()}"
            self.line(f"{put};")
        self.block(f"for (int {i} = 0; {i} < {rows}; ++{i})", lambda: self.block(
            f"for (int {j} = 0; {j} < {columns}; ++{j})", fill, [Index(j, 0, columns)]), [Index(i, 0, rows)])
        return self.add(Flat(name, rows, columns))

    def sweep_flat(self):
        """Each inner element from its neighbours, in place or over a copy."""
        flat = self.any(Flat)
        if not flat or len(self.scopes) > 3:
            return None
        i, j, source = self.fresh("i"), self.fresh("j"), flat.name
        if self.chance(50):
            source = self.fresh("d")
            self.line(f"const Row {source} = {flat.name};")
        di, dj = self.random.choice([(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1)])
        at = lambda row, column: f"[({i} + {row}) * ({flat.columns}) + {j} + {column}]"
        self.block(f"for (int {i} = 1; {i} < {flat.rows} - 1; ++{i})", lambda: self.line(
            f"for (int {j} = 1; {j} < {flat.columns} - 1; ++{j}) "
            f"{flat.name}{at(0, 0)} = ex.submit(mix, {source}{at(di, dj)}, {source}{at(0, 0)});"))
        return True

    def new_keyed(self):
        name, size, i = self.fresh("m"), self.size(), self.fresh("i")
        ordered = self.chance(75)
        self.line(f"std::{'map' if ordered else 'unordered_map'}<int, Handle> {name};")
        put = self.random.choice([f"{name}[{i}] = {{0}};", f"{name}.emplace({i}, {{0}});", f"{name}.insert_or_assign({i}, {{0}});"])
        self.block(f"for (int {i} = 0; {i} < {size}; ++{i})", lambda: self.line(put.format(self.submit())), [Index(i, 0, size)])
        return self.add(Keyed(name, size, ordered))

    def walk_keyed(self):
        keyed, handle, key, each = self.any(Keyed), self.any(Handle, lambda one: one.assignable), self.fresh("k"), self.fresh("e")
        if not keyed or not handle:
            return None
        form = self.random.randrange(3)
        if form == 0:
            self.line(f"for (auto& [{key}, {each}] : {keyed.name}) {each} = ex.submit(mix, {each}, {self.value()});")
        elif form == 1:
            self.line(f"for (const auto& {each} : {keyed.name}) {handle.name} = ex.submit(mix, {handle.name}, {each}.second);")
        else:
            self.line(f"for (const auto& [{key}, {each}] : {keyed.name}) "
                      f"{handle.name} = ex.submit(blend, {each}, {key}, {handle.name});")
        return True

    def new_object(self):
        """An aggregate or a class that knows how many futures it holds."""
        name, size, i = self.fresh("s"), self.size(), self.fresh("i")
        if self.chance(50):
            self.line(f"Cells {name}{{{size}, Row({size})}};")
            self.block(f"for (int {i} = 0; {i} < {name}.count; ++{i})",
                       lambda: self.line(f"{name}.row[{i}] = {self.submit()};"), [Index(i, 0, size)])
            return self.add(Row(f"{name}.row", size, own=False))
        self.line(f"Wave {name}(ex, {size}, {self.future(0) or self.submit(0)});")
        for _ in range(self.random.randrange(3)):
            self.line(f"{name}.step({self.future(0) or self.submit(0)});")
        copy = self.fresh("a")
        self.line(f"Row {copy};")
        self.line(f"for (int {i} = 0; {i} < {name}.size(); ++{i}) {copy}.push_back({name}.at({i}));")
        return self.add(Row(copy, size))

    def perhaps(self):
        """An optional one that rounds hand on."""
        i, size, last = self.fresh("i"), self.size(), self.fresh("o")
        start, handle = self.future(0), self.any(Handle, lambda each: each.assignable)
        if not start or not handle:
            return None
        self.line(f"std::optional<Handle> {last};")

        def body():
            self.line(f"if ({last}) {handle.name} = ex.submit(mix, *{last}, {handle.name});")
            self.line(f"{last} = {self.submit(1)};" if self.chance(60) else f"if ({i} > 0) {last} = {self.submit(1)};")
        self.block(f"for (int {i} = 0; {i} < {size}; ++{i})", body, [Index(i, 0, size), PINNED])
        return True
