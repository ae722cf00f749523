"""Counts words the plain way."""
import collections
import re
import sys

counts = collections.Counter()
for name in sys.argv[1:]:
    with open(name, encoding="latin-1") as file:
        counts.update(word.lower() for word in re.findall("[A-Za-z]+", file.read()))
for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
    print(count, word)
