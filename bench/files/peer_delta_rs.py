# A file of orders into a Delta table by delta-rs, read by DuckDB as leniently as it reads: peer_delta_rs.py FORMAT FILE TABLE COLUMNS
import json
import sys

import duckdb
from deltalake import write_deltalake
from peer_usage import print_usage

form, file, table, columns = sys.argv[1:5]
types = json.loads(columns)
literal = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in types.items()) + "}"
if form == "csv":
    reader = f"read_csv('{file}', auto_detect=false, header=true, delim=',', quote='\"', escape='\"', columns={literal}, store_rejects=true)"
else:
    reader = f"read_json('{file}', format='newline_delimited', columns={literal}, ignore_errors=true)"
connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})
write_deltalake(table, connection.execute(f"from {reader}").to_arrow_reader(100_000))

print_usage()
