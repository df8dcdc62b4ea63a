"""Random requests for the router test: METHOD PATH, a tab, and the output of explain with everything open."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../behaviour"))
import property as property_  # noqa: E402
from proxy import program  # noqa: E402

seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
print(f"SEED={seed}", file=sys.stderr)
random_ = random.Random(seed)
table = property_.rows()
env = {row[3]: "1" for row in table}
requests = [property_.request(random_, table) for _ in range(int(os.environ.get("TRIES", 200000)))]
said = program("explain", "-", env=env, stdin="".join(f"{m} {t}\n" for m, t in requests)).stdout.splitlines()
for (method, target), verdict in zip(requests, said):
    print(f"{method} {target}\t{verdict}")
