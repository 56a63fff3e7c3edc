# A file of orders into a Delta table by delta-rs: peer_delta_rs.py checked|lenient FORMAT FILE TABLE COLUMNS
# Checked reads texts, casts them, and keeps the rows whose values are all of their types; lenient takes what DuckDB's readers let in.
import json
import sys

import duckdb
import pyarrow as pa
import pyarrow.csv as csv
from deltalake import write_deltalake
from peer_usage import print_usage

how, form, file, table, columns = sys.argv[1:6]
types = json.loads(columns)
connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})


def reader(kinds):
    literal = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in kinds.items()) + "}"
    if form == "csv":
        options = "auto_detect=false, header=true, delim=',', quote='\"', escape='\"', store_rejects=true"
        return f"read_csv('{file}', {options}, columns={literal})"
    return f"read_json('{file}', format='newline_delimited', columns={literal}, ignore_errors=true)"


def texts():
    """Pieces of the file as Arrow, every column a text; pyarrow leaves out lines with a wrong number of fields."""
    if form == "ndjson":
        yield from connection.cursor().execute(f"from {reader(dict.fromkeys(types, 'varchar'))}").to_arrow_reader(500_000)
        return
    schema = pa.schema([(name, pa.string()) for name in types])
    yield from csv.open_csv(
        file,
        read_options=csv.ReadOptions(block_size=8 << 20),
        parse_options=csv.ParseOptions(invalid_row_handler=lambda row: "skip"),
        convert_options=csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False),
    )


def checked():
    casts = ", ".join(f"try_cast({name} as {kind}) as {name}" for name, kind in types.items())
    kept = " and ".join(f"({name} is null or try_cast({name} as {kind}) is not null)" for name, kind in types.items() if kind != "varchar")
    for piece in texts():
        found = pa.Table.from_batches([piece])
        yield from connection.execute(f"select {casts} from found where order_id is not null and {kept}").to_arrow_table().to_batches()


if how == "lenient":
    rows = connection.execute(f"from {reader(types)}").to_arrow_reader(100_000)
else:
    batches = checked()
    first = next(batches)

    def all_batches():
        yield first
        yield from batches

    rows = pa.RecordBatchReader.from_batches(first.schema, all_batches())
write_deltalake(table, rows)
print_usage()
