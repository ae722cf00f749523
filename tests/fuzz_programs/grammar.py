"""Random graph functions over the constructs whose graph must be exact.

A `Graph` writes one function, statement by statement. It knows what is in scope and how long each container is, so that
whatever it writes is a correct program: each future is valid and each subscript within its bounds, for all parameters.
Its task results depend on all their inputs, so that a wrong edge changes what the program prints.
"""

from effects import Effects
from scope import Bag, Flat, Grid, Handle, Index, Keyed, PARAMETERS, PINNED, Row


class Graph(Effects):
    """One function: statements that hold others, and the whole."""

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
        thing, each = self.any((Row, Bag)) if self.chance(70) else self.row(), self.fresh("e")
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
        declares = [self.new_row, self.new_row, self.new_row, self.new_grid, self.new_mapped, self.new_row_alias, self.call_own,
                    self.new_flat, self.new_keyed, self.new_object]
        declares += [] if self.affine else [self.new_bag, self.new_pair, self.new_stage, self.new_optional, self.new_lambda]
        holds = [self.loop] * 6 + [self.while_loop, self.range_for, self.range_for, self.conditional, self.conditional, self.step, self.step]
        holds += [self.sweep_flat, self.walk_keyed, self.perhaps] + ([] if self.affine else [self.chosen])
        others = [self.swap, self.swap, self.swap_rows, self.leave, self.ask]
        effects = [self.counted, self.kept, self.batches, self.tried, self.forked, self.too_late]
        if self.budget < 0 or deep > 3:
            return self.one_of(*simple)
        return self.one_of(*self.random.choice([simple, declares, holds, holds, others, declares] + [effects] * (1 if self.affine else 2))) or self.new_handle()

    # --- the whole

    def function(self, parameters, attribute=""):
        """Its text; what it returns depends on all that is in scope."""
        self.line("[[maybe_unused]] const int k = static_cast<int>(xs.size());")
        if not self.every(Handle):
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
        for each in self.every(Keyed):
            self.line(f"for (int i = 0; i < {each.size}; ++i) {result} = ex.submit(mix, {result}, {each.name}.at(i));")
        for each in self.every((Bag, Flat, Grid)):
            self.line(f"{result} = ex.submit(mix, {result}, ex.submit({'digest_rows' if isinstance(each, Grid) else 'digest'}, {each.name}));")
        self.line(f"return {result};")
        head = f"{attribute}Handle {self.name}(dflow::Executor& ex, {parameters}) {{"
        return "\n".join([head, *self.lines, "}"])

    def texts(self):
        """Of the function, and of those that were written for it."""
        function = self.function(PARAMETERS, "[[dflow::graph]] ")
        return function, [text for _, text in self.helpers.values()]
