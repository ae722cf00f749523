"""What a program fires and forgets runs to its end after the program was killed, and what else it submitted does not."""
import json
import os
import sys

from tool_support import Bench, children, expect, handles, has_ended, run_checks, wait_until

DFLOW, APP, GUEST = sys.argv[1:]


class Errand(Bench):
    """One worker of one thread, whose first task waits for a file; and behind it, two tasks that make files."""

    def __init__(self):
        super().__init__(DFLOW)
        self.server, self.address = self.scheduler()
        self.keeper = self.agent(self.address, "--workers=1", "--threads=1")
        self.folder = f"{self.home}/errand"
        os.mkdir(self.folder)

    def kill_the_program(self):
        program = self.start([GUEST, "errand", self.folder], environment={"DFLOW_SCHEDULER": self.address})
        assert program.stdout.readline() == "submitted\n", program.communicate()
        wait_until("the gate is awaited", lambda: self.there("gate.awaited"))
        wait_until("the scheduler knows of all", lambda: self.programs()[0]["waiting"] == 2)
        program.kill()
        program.communicate()

    def there(self, name):
        return os.path.exists(f"{self.folder}/{name}")

    def programs(self):
        return json.loads(self.run([DFLOW, "status", "--json", "--scheduler", self.address]).stdout)["programs"]

    def finish(self):
        """The unmarked one was submitted first: it had run before, if at all."""
        with open(f"{self.folder}/gate", "w"):
            pass
        wait_until("the marked task has run", lambda: self.there("marked"))
        assert not self.there("unmarked"), "a task that nobody waits for any more has run"
        wait_until("nobody works for the program any more", lambda: not children(self.keeper.pid))
        wait_until("it is forgotten", lambda: not self.programs())


def a_killed_program_leaves_what_it_has_fired_and_forgotten():
    with Errand() as bench:
        bench.kill_the_program()
        wait_until("the scheduler knows", lambda: bench.programs()[0]["waiting"] == 1)
        # Another program comes and goes, and after the usual time its worker, too: ours stays as long as it has to do.
        ours = set(children(bench.keeper.pid))
        expect(bench.run([APP], environment={"DFLOW_SCHEDULER": bench.address}).stdout, "sum 14\n")
        theirs = handles(set(children(bench.keeper.pid)) - ours)
        assert len(theirs) == 1 and all(map(has_ended, theirs))
        wait_until("the agent has only its own processes", lambda: set(children(bench.keeper.pid)) == ours)
        bench.finish()


def its_worker_and_its_scheduler_may_die_as_well():
    with Errand() as bench:
        bench.kill_the_program()
        wait_until("the scheduler knows", lambda: bench.programs()[0]["waiting"] == 1)
        bench.server.kill()
        bench.server.wait()
        bench.server, _ = bench.scheduler("--port", bench.address.rsplit(":", 1)[1])
        wait_until("the worker is back", lambda: [p for p in bench.programs() if p["workers"]])
        os.remove(f"{bench.folder}/gate.awaited")
        for worker in children(bench.keeper.pid):
            os.kill(worker, 9)
        wait_until("another worker waits for the gate", lambda: bench.there("gate.awaited"))
        # Killed as it was, the first one may not have written down that the program had gone; then the second one gives it time.
        wait_until("the scheduler knows again", lambda: bench.programs()[0]["waiting"] == 1)
        bench.finish()


run_checks([a_killed_program_leaves_what_it_has_fired_and_forgotten, its_worker_and_its_scheduler_may_die_as_well])
