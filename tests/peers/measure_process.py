"""Runs a command and prints {"seconds", "peakMiB", "output"} of the whole process."""

import json
import resource
import subprocess
import sys
import time

start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
json.dump({"seconds": seconds, "peakMiB": peak, "output": done.stdout.decode()}, sys.stdout)
