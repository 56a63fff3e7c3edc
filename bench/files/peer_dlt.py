# A file of orders into a Delta table by dlt, with its own readers where they get to the end: peer_dlt.py FORMAT FILE FOLDER
import os
import sys

form, file, folder = sys.argv[1:4]
os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="CRITICAL", DLT_DATA_DIR=f"{folder}/dlt")

import dlt
from deltalake import DeltaTable
from dlt.sources.filesystem import filesystem, read_csv
from peer_usage import print_usage


@dlt.resource(name="orders")
def lines():
    """dlt's own reader of JSON lines fails as a whole at the first line that is cut off."""
    batch = []
    with open(file, encoding="utf-8") as text:
        for line in text:
            try:
                batch.append(dlt.common.json.loads(line))
            except ValueError:
                continue
            if len(batch) == 5000:
                yield batch
                batch = []
    yield batch


if form == "csv":
    files = filesystem(bucket_url=os.path.dirname(file), file_glob=os.path.basename(file))
    orders = (files | read_csv(chunksize=50_000, on_bad_lines="skip")).with_name("orders")
else:
    orders = lines
destination = dlt.destinations.filesystem(bucket_url=folder)
pipeline = dlt.pipeline("orders", destination=destination, dataset_name="lake", pipelines_dir=f"{folder}/state", progress=None)
pipeline.run(orders, table_format="delta", write_disposition="append", loader_file_format="parquet")

print_usage(rows=DeltaTable(f"{folder}/lake/orders").count())
