"""The same paths one after the other. Where Black and Scholes' formula holds, the price must be within four errors of it."""
import math
import sys

MASK = (1 << 64) - 1
PATHS = 2000


def uniform(counter):
    z = counter * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return (float((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0


def normal(counter):
    return math.sqrt(-2 * math.log(uniform(2 * counter))) * math.cos(2 * math.pi * uniform(2 * counter + 1))


def simulate(kind, spot, strike, rate, volatility, years, batches):
    steps = 12 if kind == "asian" else 1
    step = years / steps
    drift, spread = (rate - volatility * volatility / 2) * step, volatility * math.sqrt(step)
    values = []
    for path in range(batches * PATHS):
        price, total = spot, 0.0
        for i in range(steps):
            price *= math.exp(drift + spread * normal(path * steps + i + 1))
            total += price
        gain = total / steps - strike
        values.append(math.exp(-rate * years) * max(-gain if kind == "put" else gain, 0.0))
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt((math.fsum(value * value for value in values) / len(values) - mean * mean) / len(values))


def black_scholes(kind, spot, strike, rate, volatility, years):
    def below(x):
        return (1 + math.erf(x / math.sqrt(2))) / 2
    sign = -1 if kind == "put" else 1
    d = (math.log(spot / strike) + (rate + volatility ** 2 / 2) * years) / (volatility * math.sqrt(years))
    return sign * (spot * below(sign * d) - strike * math.exp(-rate * years) * below(sign * (d - volatility * math.sqrt(years))))


for line in open(sys.argv[1]):
    if line.startswith("#"):
        continue
    name, kind, *numbers = line.split()
    numbers = list(map(float, numbers))
    mean, error = simulate(kind, *numbers, int(sys.argv[2]))
    if kind != "asian" and abs(mean - black_scholes(kind, *numbers)) > 4 * error:
        sys.exit(f"{name}: {mean} is far from {black_scholes(kind, *numbers)}")
    print(f"{name:12} {mean:10.6f} +- {error:.6f}")
