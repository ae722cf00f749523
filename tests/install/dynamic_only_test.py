"""samples/dynamic_only, built with the installed runtime by a compiler that knows nothing of dflow, against the closed
formula; and that it prints the same however it is run and compiled."""

import math
import random
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "chaos"))
from faults import run_under_kills  # noqa: E402
from support import PREFIX, SOURCE, TIMEOUT, WORK, InstalledTest, environment, fresh_folder, needs_dflowc

SAMPLE = SOURCE / "samples/dynamic_only/option_prices.cpp"


def black_scholes_call(strike, spot=100.0, rate=0.03, volatility=0.2, years=1.0):
    """F. Black, M. Scholes, The Pricing of Options and Corporate Liabilities (1973), equation 13."""
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / spread
    normal = lambda x: (1 + math.erf(x / math.sqrt(2))) / 2
    return spot * normal(d1) - strike * math.exp(-rate * years) * normal(d1 - spread)


class DynamicOnly(InstalledTest):
    @classmethod
    def setUpClass(cls):
        cls.prices = fresh_folder(WORK / "DynamicOnly") / "prices"
        command = f"g++ -std=c++20 -O2 {SAMPLE} $(pkg-config --cflags --libs dflow) -o {cls.prices}"
        subprocess.run(command, shell=True, check=True, env=environment(PREFIX), timeout=TIMEOUT)

    def test_prices_are_those_of_the_closed_formula(self):
        lines = self.call(self.prices).splitlines()
        found = [re.match(r"strike (\S+) price (\S+) error (\S+)", line) for line in lines[:4]]
        self.assertEqual([float(match[1]) for match in found], [80, 100, 120, 100])
        for match in found:
            strike, price, error = map(float, match.groups())
            self.assertLess(error, 0.05)
            self.assertLess(abs(price - black_scholes_call(strike)), 4 * error, match[0])
        self.assertEqual(lines[4:], ["refining without end: stopped"])

    def test_prints_the_same_in_each_way_to_run(self):
        first = self.call(self.prices)
        for env in ({"DFLOW_THREADS": 1}, {"DFLOW_THREADS": 8}, {"DFLOW_SERIAL": 1}, {"DFLOW_SHUFFLE": 1}, {"DFLOW_WORKERS": 3}):
            self.assertEqual(self.call(self.prices, **env), first, env)

    @needs_dflowc
    def test_prints_the_same_when_compiled_by_dflowc(self):
        first = self.call(self.prices)
        self.call("dflowc", "--dflow-host=g++", "-std=c++20", "-O2", SAMPLE, "-o", "compiled")
        for env in ({}, {"DFLOW_STATIC": 0}, {"DFLOW_WORKERS": 3}):
            self.assertEqual(self.call("./compiled", **env), first, env)

    def test_prints_the_same_while_workers_are_killed(self):
        first, seed, kills = self.call(self.prices), random.SystemRandom().randrange(1 << 31), 0
        chooser = random.Random(seed)
        for _ in range(3):
            code, printed, errors, killed = run_under_kills(
                [self.prices], environment(self.prefix, DFLOW_WORKERS=3), chooser, (0, 0.03), (0.2, 0.6), most=TIMEOUT)
            self.assertEqual((code, printed), (0, first), f"seed {seed}\n{errors}")
            kills += killed
        self.assertGreater(kills, 0, f"seed {seed}")

    def test_cancels_what_is_not_needed(self):
        self.call(self.prices, DFLOW_THREADS=1)
        spared, batches = map(int, re.search(r"(\d+) of (\d+) batches never ran", self.said).groups())
        self.assertEqual(batches, 100)
        self.assertGreater(spared, 0)

    def test_says_how_to_use_it(self):
        self.call(self.prices, "12", code=2)
        self.assertIn("usage:", self.said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
