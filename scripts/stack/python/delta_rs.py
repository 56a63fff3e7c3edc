"""delta-rs as a worker: writes, changes and reads Delta tables as its users do."""

import duckdb
from deltalake import (
    CommitProperties,
    DeltaTable,
    Transaction,
    convert_to_deltalake,
    write_deltalake,
)
from serve import serve


def rows_of(query):
    """The rows of a query in DuckDB's SQL, as Arrow."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(query).to_arrow_table()


def write(table, query, options):
    transactions = options.pop("transactions", None)
    if transactions is not None:
        options["commit_properties"] = CommitProperties(
            app_transactions=[Transaction(app, version) for app, version in transactions.items()]
        )
    write_deltalake(table, rows_of(query), **options)


def convert(table):
    """Makes a table of the Parquet files of a folder."""
    convert_to_deltalake(table)


def call(table, method, options):
    """A method of DeltaTable by its dotted name: `delete`, `optimize.z_order`."""
    target = DeltaTable(table)
    for name in method.split("."):
        target = getattr(target, name)
    return target(**options)


def merge(table, query, on, clauses):
    """Clauses in their order, as [method of TableMerger, its keywords]."""
    merger = DeltaTable(table).merge(rows_of(query), on, source_alias="s", target_alias="t")
    for method, options in clauses:
        merger = getattr(merger, method)(**options)
    return merger.execute()


def read(table, to, by, where=None, version=None):
    """Writes the rows, those that `where` keeps, into the Parquet file `to`; gives the table's schema."""
    opened = DeltaTable(table, version=version)
    if by == "datafusion":
        keep(opened.scan(predicate=where), to)
    else:
        keep(opened.to_pyarrow_dataset(), to, where)
    return opened.schema().to_json()


def changes(table, to, first, last):
    """Writes the change data of the versions, `_change_type` and all, into the Parquet file `to`."""
    keep(DeltaTable(table).load_cdf(first, last), to)


def keep(found, to, where=None):
    condition = "" if where is None else f" where {where}"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("found", found)
        path = to.replace("'", "''")
        connection.execute(f"copy (from found{condition}) to '{path}' (format parquet)")


VERBS = {"write": write, "convert": convert, "call": call, "merge": merge, "read": read, "changes": changes}

serve(lambda verb, **fields: VERBS[verb](**fields))
