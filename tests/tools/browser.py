"""A headless Chromium that a test can look at and click in, through chromedriver, on loopback. Standard library only."""
import base64
import json
import os
import re
import subprocess
import tempfile
import urllib.error
import urllib.request

TIME_LIMIT_SECONDS = 60


class Browser:
    """`with Browser() as browser:`; whatever it started is gone afterwards."""

    def __init__(self, width=1200, height=800):
        self.size = (width, height)

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="dflow-browser-")
        environment = os.environ | {"HOME": self.home.name, "TMPDIR": self.home.name}
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True, env=environment)
        try:
            self.url = f"http://127.0.0.1:{self._port()}/session"
            self.url += "/" + self._call("POST", "", {"capabilities": {"alwaysMatch": self._wanted()}})["sessionId"]
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", "")
        finally:
            self._stop()

    def _stop(self):
        self.driver.kill()
        self.driver.wait()
        self.driver.stdout.close()
        self.home.cleanup()

    def _port(self):
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                return int(found[1])
        raise RuntimeError("chromedriver did not start")

    def _wanted(self):
        # Chromium's sandbox wants namespaces that neither root nor containers have; the pages are our own.
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=%d,%d" % self.size]
        return {"browserName": "chrome", "goog:chromeOptions": {"args": arguments},
                "goog:loggingPrefs": {"browser": "ALL"}, "timeouts": {"script": TIME_LIMIT_SECONDS * 1000}}

    def _call(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with no_proxy.open(request, timeout=TIME_LIMIT_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def open(self, path, fragment=""):
        self._call("POST", "/url", {"url": "about:blank"})  # else a new fragment alone loads nothing
        self._call("POST", "/url", {"url": f"file://{path}{'#' + fragment if fragment else ''}"})

    def run(self, script, *arguments):
        """The value of a script's `return`."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_until_done(self, script, *arguments):
        """What the script hands to its last argument, a callback."""
        return self._call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def wait_until(self, condition):
        """Until an expression holds; looked at once a frame."""
        script = f"const done = arguments[0]; const look = () => ({condition}) ? done() : requestAnimationFrame(look); look();"
        self.run_until_done(script)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def move_to(self, x, y):
        self._mouse({"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)})

    def click(self, x, y):
        self._mouse({"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)},
                    {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})

    def drag(self, x, y, by_x, by_y, steps=10):
        moves = [{"type": "pointerMove", "duration": 0, "x": round(x + by_x * i / steps), "y": round(y + by_y * i / steps)}
                 for i in range(steps + 1)]
        self._mouse(moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0})

    def wheel(self, x, y, delta):
        action = {"type": "scroll", "duration": 0, "x": round(x), "y": round(y), "deltaX": 0, "deltaY": delta}
        self._call("POST", "/actions", {"actions": [{"type": "wheel", "id": "wheel", "actions": [action]}]})

    def _mouse(self, *actions):
        self._call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": list(actions)}]})

    def log(self):
        """What the page wrote to its console, and every request that it was refused."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._call("GET", "/screenshot")))
