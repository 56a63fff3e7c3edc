"""DuckDB's own Delta extension as a worker that reads tables."""

import glob
import os

import duckdb
import duckdb_extension_delta
from serve import serve

[EXTENSION] = glob.glob(
    os.path.join(os.path.dirname(duckdb_extension_delta.__file__), "extensions/*/*.duckdb_extension")
)

DATABASE = duckdb.connect()
DATABASE.execute(f"load '{EXTENSION}'")


def read(table, to, where=None, version=None):
    """Writes the rows, those that `where` keeps, into the Parquet file `to`; gives the columns with their types."""
    with DATABASE.cursor() as connection:
        connection.execute("set timezone = 'UTC'")
        at = "" if version is None else f", version => {version}"
        relation = f"delta_scan('{quoted(table)}'{at})"
        condition = "" if where is None else f" where {where}"
        connection.execute(
            f"copy (select * from {relation}{condition}) to '{quoted(to)}' (format parquet)"
        )
        described = connection.execute(f"describe from {relation}").fetchall()
    return [[name, kind] for name, kind, *_ in described]


def quoted(text):
    return text.replace("'", "''")


serve(read)
