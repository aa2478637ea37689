"""Reads a label file with pandas, as most code for CelebA does.

Prints {"seconds", "rows", "positives": [one count per attribute, in CelebA's order of columns]}; the
seconds are those of read_csv alone.
"""

import json
import sys
import time

import pandas

path = sys.argv[1]
start = time.perf_counter()
if path.endswith(".csv"):
    table = pandas.read_csv(path, index_col=0)
else:
    table = pandas.read_csv(path, sep=r"\s+", skiprows=1)
seconds = time.perf_counter() - start
positives = [int((table[name] == 1).sum()) for name in table.columns]
json.dump({"seconds": seconds, "rows": len(table), "positives": positives}, sys.stdout)
