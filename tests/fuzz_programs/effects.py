"""Statements that do more than they say: arguments that change something or throw, objects that are moved into tasks, tasks that
write to what is not theirs."""

from changes import Changes
from scope import Handle, Index


class Effects(Changes):
    def target(self):
        return self.any(Handle, lambda each: each.assignable)

    def counted(self):
        """Arguments that count, by something that is called with a reference or a pointer to the counter."""
        handle, size = self.target(), self.size()
        if not handle or len(self.scopes) > 3:
            return None
        count, call, i = self.fresh("c"), self.fresh("f"), self.fresh("i")
        self.line(f"long {count} = {self.number()};")
        # Functions of other files that call a std::function are not looked into.
        form = self.random.choice([0, 2, 3] if self.name.endswith("_helped") else [0, 1, 2, 3])
        if form == 0:
            self.line(f"const auto {call} = [&{count}](long x) {{ return {count} += x; }};")
        elif form == 1:
            self.line(f"const std::function<long(long)> {call} = [&](long x) {{ return ++{count} + x; }};")
        elif form == 2:
            self.line(f"const Adder {call}{{{count}}};")
        argument = f"add_to(&{count}, {i})" if form == 3 else f"{call}({i})"
        self.block(f"for (int {i} = 0; {i} < {size}; ++{i})",
                   lambda: self.line(f"{handle.name} = ex.submit(mix, {handle.name}, {argument});"))
        self.block(f"for (long {i} = 0; {i} < {count} % 4; ++{i})",
                   lambda: self.line(f"{handle.name} = ex.submit(mix, {handle.name}, {i});"))
        return True

    def kept(self):
        """Arguments that keep futures, or turn them round."""
        handle, size = self.target(), self.size()
        if not handle or len(self.scopes) > 3:
            return None
        name, call, i = self.fresh("b"), self.fresh("f"), self.fresh("i")
        self.line(f"Row {name};")
        self.line(f"const auto {call} = [&](long given) {{ {name}.push_back({handle.name}); return given; }};")
        self.block(f"for (int {i} = 0; {i} < {size}; ++{i})", lambda: self.line(
            f"{handle.name} = ex.submit(blend, {handle.name}, {call}({self.value()}), {self.future(0)});"), [Index(i, 0, size)])
        self.line(f"{handle.name} = ex.submit(mix, {handle.name}, ex.submit(digest, {name}));")
        return True

    def batches(self):
        """Of numbers or of futures, each moved into a task once it is full."""
        handle, size = self.target(), self.size()
        if not handle or len(self.scopes) > 3:
            return None
        name, i, of_futures = self.fresh("b"), self.fresh("i"), self.chance(50)
        self.line(f"{'Row' if of_futures else 'std::vector<long>'} {name};")

        def body():
            self.line(f"{name}.push_back({self.submit(0) if of_futures else self.value()});")
            self.line(f"if ({name}.size() == {self.random.choice([2, 3])}) "
                      f"{handle.name} = ex.submit(mix, {handle.name}, ex.submit(digest, std::move({name})));")
        self.block(f"for (int {i} = 0; {i} < {size}; ++{i})", body, [Index(i, 0, size)])
        self.line(f"for (const auto& each : {name}) {handle.name} = ex.submit(mix, {handle.name}, each);")
        return True

    def tried(self):
        """An argument that throws at some element, into a handler or beside it."""
        handle, size = self.target(), self.size()
        if not handle or len(self.scopes) > 3:
            return None
        i = self.fresh("i")
        argument = self.random.choice([f"xs.at(static_cast<std::size_t>({i}))", f"below({i}, m)", f"{i} + below({i}, n)"])
        submit = f"{handle.name} = ex.submit(mix, {handle.name}, {argument});"
        caught = f"catch (const std::out_of_range&) {{ {handle.name} = ex.submit(mix, {handle.name}, {self.number()}); }}"
        if self.chance(50):
            self.line(f"try {{ for (int {i} = 0; {i} < {size}; ++{i}) {submit} }} {caught}")
        else:
            self.line(f"for (int {i} = 0; {i} < {size}; ++{i}) try {{ {submit} }} {caught}")
        return True

    def forked(self):
        """Tasks that write to a vector of this function, which waits for them."""
        handle, size = self.target(), self.size()
        if not handle or len(self.scopes) > 2:
            return None
        out, parts, i = self.fresh("v"), self.fresh("d"), self.fresh("i")
        self.line(f"std::vector<long> {out}({size});")
        self.line(f"std::vector<dflow::Future<void>> {parts};")
        write = self.random.choice([f"[&{out}, {i}] {{ {out}[{i}] = {i} * 5 + 1; }}", f"store, &{out}[{i}], {self.value()}",
                                    f"[to = {out}.data(), {i}] {{ to[{i}] = {i} + 2; }}"])
        self.block(f"for (int {i} = 0; {i} < {size}; ++{i})", lambda: self.line(f"{parts}.push_back(ex.submit({write}));"))
        self.line(self.random.choice([f"dflow::wait({parts});", f"for (auto& each : {parts}) each.wait();"]))
        self.line(f"{handle.name} = ex.submit(mix, {handle.name}, ex.submit(digest, {out}));")
        if self.boundaries and self.chance(50):
            self.boundaries = False
            self.line(f"for (const long x : {out}) if (x % 2 == 0) {handle.name} = ex.submit(mix, {handle.name}, x);")
        return True

    def too_late(self):
        """A cancellation that finds the task ended."""
        handle = self.target()
        if not self.boundaries or not handle:
            return None
        self.boundaries = False
        self.line(f"{handle.name}.wait();")
        self.line(f"if (!{handle.name}.cancel()) {handle.name} = ex.submit(mix, {handle.name}, {self.number()});")
        return True
