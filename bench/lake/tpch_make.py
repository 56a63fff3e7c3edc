# Makes TPC-H by DuckDB's own generator: tpch_make.py FOLDER SCALE writes FOLDER/parquet/*.parquet and FOLDER/queries/q01.sql to q22.sql.
import glob, os, sys
import duckdb, duckdb_extension_tpch

folder, scale = sys.argv[1], float(sys.argv[2])
connection = duckdb.connect()
extensions = os.path.dirname(duckdb_extension_tpch.__file__)
connection.execute("load '%s'" % glob.glob(f"{extensions}/extensions/*/tpch.duckdb_extension")[0])
connection.execute(f"call dbgen(sf = {scale})")
for part in ("parquet", "queries"):
    os.makedirs(f"{folder}/{part}")
for (table,) in connection.execute("select table_name from duckdb_tables() order by all").fetchall():
    connection.execute(f"copy {table} to '{folder}/parquet/{table}.parquet' (format parquet)")
for number, query in connection.execute("select query_nr, query from tpch_queries()").fetchall():
    with open(f"{folder}/queries/q{number:02d}.sql", "w") as file:
        file.write(query)
print("{}")
