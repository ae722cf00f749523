"""Opens the pages of `dflow graph --format=html` in a real browser: what they show, and what they do under the mouse."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import unittest

from browser import Browser

OPTIONS = None


def recording(tasks, edges, names, times=True, graph="g"):
    """Tasks as (name, line); the task i takes i + 1 microseconds."""
    events = [{"name": name, "ph": "X", "ts": 10 * i, "dur": i + 1, "pid": 1, "tid": 3, "args": {"task": i, "bytes": 8 * i}}
              for i, (name, _) in enumerate(tasks)]
    return {"traceEvents": events if times else [],
            "dflow": {"version": 1, "program": "/app", "dry": not times, "names": names, "files": ["app.cpp"],
                      "graphs": [{"name": graph, "instance": 0, "parent": None}],
                      "tasks": [[i, 0, names.index(name), 0, line] for i, (name, line) in enumerate(tasks)],
                      "edges": edges, "boundaries": []}}


def diamond(**more):
    return recording([("load", 3), ("left", 4), ("right", 5), ("join", 6)], [[0, 1], [0, 2], [1, 3], [2, 3]],
                     ["load", "left", "right", "join"], **more)


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="dflow-page-"))
        cls.browser = cls.enterClassContext(Browser())

    def page_of(self, document):
        source, page = os.path.join(self.folder, "graph.json"), os.path.join(self.folder, "graph.html")
        if not isinstance(document, str):
            with open(source, "w", encoding="utf-8") as file:
                json.dump(document, file)
            document = source
        subprocess.run([OPTIONS.dflow, "graph", "show", document, "--format=html", "-o", page], check=True)
        return page

    def show(self, document, fragment=""):
        self.browser.open(self.page_of(document), fragment)
        self.browser.wait_until("document.body.dataset.ready === 'yes'")
        self.addCleanup(lambda: self.assertEqual(self.browser.log(), []))
        return self.browser

    def place_of(self, label):
        """Where a node stands in the window."""
        return self.browser.run(
            "const node = dflow.cy.nodes().filter((one) => one.data('label') === arguments[0])[0],"
            "      box = document.getElementById('canvas').getBoundingClientRect(), at = node.renderedPosition();"
            "return [box.x + at.x, box.y + at.y]", label)

    def nodes(self, selector):
        return sorted(self.browser.run("return dflow.cy.nodes(arguments[0]).map((node) => node.data('label'))", selector))

    def zoom(self):
        return self.browser.run("return dflow.cy.zoom()")

    def test_shows_tasks_times_and_the_critical_path(self):
        browser = self.show(diamond())
        self.assertEqual(browser.text("h1"), "g, instance 0: 4 tasks, 4 edges")
        self.assertIn("critical path\n8.00 µs in 3 tasks", browser.text("#facts"))
        self.assertEqual(self.nodes(".critical.marked"), ["join#0", "load#0", "right#0"])
        self.assertEqual(browser.run("return dflow.cy.edges('.critical.marked').length"), 2)
        self.assertIn("right#0, 3.00 µs", browser.text("#path"))
        self.assertEqual(browser.text("#legend"), "time of a task\n1.00 µs\n4.00 µs")

    def test_slower_tasks_have_darker_colours(self):
        browser = self.show(diamond())
        colours = browser.run("return dflow.cy.nodes().map((node) => node.data('colour'))")
        green = [int(colour.split(",")[1]) for colour in colours]
        self.assertEqual(green, sorted(green, reverse=True))
        self.assertEqual(len(set(green)), 4)

    def test_tells_source_time_and_bytes_of_the_task_under_the_mouse(self):
        browser = self.show(diamond())
        self.assertTrue(browser.run("return document.getElementById('tip').hidden"))
        browser.move_to(*self.place_of("right#0"))
        browser.wait_until("!document.getElementById('tip').hidden")
        told = browser.text("#tip")
        for part in ["right#0", "app.cpp:5", "3.00 µs", "16 bytes", "thread 3 of process 1"]:
            self.assertIn(part, told)

    def test_a_chosen_task_shows_its_neighbours(self):
        browser = self.show(diamond())
        browser.click(*self.place_of("left#0"))
        browser.wait_until("document.getElementById('chosen').innerText !== ''")
        self.assertIn("needs\nload#0", browser.text("#chosen"))
        self.assertIn("is needed by\njoin#0", browser.text("#chosen"))

    def test_zooms_by_wheel_and_buttons_and_pans_by_dragging(self):
        browser = self.show(diamond())
        before, (x, y) = self.zoom(), self.place_of("load#0")
        browser.wheel(x, y, -200)
        browser.wait_until(f"dflow.cy.zoom() > {before}")
        there = self.place_of("load#0")
        self.assertLess(abs(there[0] - x) + abs(there[1] - y), 3)  # what the mouse is at stays there
        browser.run("document.getElementById('out').click()")
        browser.run("document.getElementById('fit').click()")
        self.assertAlmostEqual(self.zoom(), before)
        self.assertIn(" %", browser.text("#zoom"))
        x, y = self.place_of("load#0")
        browser.drag(30, 400, 200, 100)
        moved = self.place_of("load#0")  # by the way of the mouse, less what it takes to tell a drag from a click
        self.assertAlmostEqual(moved[0] - x, 190, delta=20)
        self.assertAlmostEqual(moved[1] - y, 95, delta=10)

    def test_finds_tasks_and_goes_from_one_to_the_next(self):
        browser = self.show(recording([("a", 1)] * 3 + [("b", 2)], [[0, 3], [1, 3]], ["a", "b"]))
        browser.run("const search = document.getElementById('search'); search.value = 'A#'; search.oninput()")
        browser.wait_until("document.getElementById('found').innerText === '3 found'")
        self.assertEqual(self.nodes(".dim"), ["b#0"])
        browser.run("document.getElementById('next').click(); document.getElementById('next').click()")
        self.assertEqual(browser.text("#found"), "2 of 3")
        self.assertEqual(self.nodes(".at"), ["a#1"])

    def test_a_link_leads_to_a_view(self):
        browser = self.show(diamond(), "search=left&at=join%230&colour=task")
        self.assertEqual(browser.text("#found"), "1 found")
        self.assertIn("join#0", browser.text("#chosen"))
        self.assertIn("tasks\nload\nleft\nright\njoin", browser.text("#legend"))

    def test_graphs_are_chosen_from_a_list(self):
        document = diamond()
        document["dflow"]["graphs"].append({"name": None, "instance": 0, "parent": 1})
        document["dflow"]["tasks"].append([9, 1, 0, -1, 0])
        document["dflow"]["edges"].append([2, 9])
        browser = self.show(document, "graph=1")
        self.assertEqual(browser.text("h1"), "g/0/left#0, instance 0: 1 task, 0 edges")
        self.assertEqual(self.nodes(".outside"), ["g/0/right#0"])
        browser.run("const chooser = document.getElementById('graph'); chooser.value = 0; chooser.onchange()")
        self.assertEqual(browser.text("h1"), "g, instance 0: 4 tasks, 4 edges")

    def test_names_are_text_whatever_they_look_like(self):
        name = "</script><script>document.title='taken'</script><b>&amp;\"\\ \u2028<!--"
        browser = self.show(recording([(name, 1)], [], [name], graph="<img src=x onerror=alert(1)>"))
        self.assertEqual(self.nodes("*"), [name + "#0"])
        self.assertEqual(browser.text("h1"), "<img src=x onerror=alert(1)>, instance 0: 1 task, 0 edges")

    def test_without_times_there_is_neither_heat_nor_a_critical_path(self):
        browser = self.show(diamond(times=False))
        self.assertEqual(browser.run("return [document.getElementById('colouring').hidden, "
                                     "document.getElementById('critical').parentNode.hidden]"), [True, True])
        self.assertEqual(browser.text("#path"), "")

    def test_no_graphs_are_no_error(self):
        browser = self.show({"version": 1, "graphs": []})
        self.assertEqual(browser.text("h1"), "no graph")

    def test_ten_thousand_tasks_can_be_looked_at(self):
        side = 100
        tasks = [("cell", 1)] * side ** 2
        edges = [[i * side + j - step, i * side + j] for i in range(side) for j in range(side)
                 for step, there in ((1, j), (side, i)) if there]
        browser = self.show(recording(tasks, edges, ["cell"]), "search=cell%235050")
        self.assertEqual(browser.text("#found"), "1 found")
        before = self.zoom()
        browser.run("document.getElementById('next').click()")
        browser.wait_until(f"dflow.cy.zoom() > {before}")
        self.assertIn("cell#5050", browser.text("#chosen"))

    @unittest.skipUnless(any(word.startswith("--plan=") for word in sys.argv), "no plan to show")
    def test_a_plan_shows_families_and_relations(self):
        browser = self.show(OPTIONS.plan)
        self.assertIn("trsm[k,i]\n0 <= k < i < n", self.nodes(".family"))
        self.assertIn("[k,i,j] <- [k,i]\n[k,i,j] <- [k,j]", self.nodes(".relation"))
        browser.move_to(*self.place_of("[k,i,j] <- [k-1,i,j]"))
        browser.wait_until("!document.getElementById('tip').hidden")
        self.assertIn("0 < k < j < i < n", browser.text("#tip"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--dflow", required=True)
    parser.add_argument("--plan", help="a compiled tiled Cholesky")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
