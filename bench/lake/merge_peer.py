# delta-rs merging orders: merge_peer.py DATA FOLDER; says what it took apart from its own start, and what the rows come to.
import json, os, resource, sys, time
import pyarrow.parquet as pq
from deltalake import DeltaTable, convert_to_deltalake

data, folder = sys.argv[1], sys.argv[2]
table = os.path.join(folder, "t")
os.makedirs(table)
for name in sorted(os.listdir(data)):
    if name.startswith("p"):
        os.link(os.path.join(data, name), os.path.join(table, name))
convert_to_deltalake(table)

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

before, began = cpu(), time.perf_counter()
merge = DeltaTable(table).merge(
    pq.read_table(os.path.join(data, "spread.parquet")), "s.id = t.id", source_alias="s", target_alias="t"
)
found = merge.when_matched_update_all().when_not_matched_insert_all().execute()
print(json.dumps({
    "wallMs": (time.perf_counter() - began) * 1000,
    "cpuMs": (cpu() - before) * 1000,
    "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    "rows": found["num_output_rows"],
}))
