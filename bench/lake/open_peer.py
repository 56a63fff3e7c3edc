# The peers of opening: open_peer.py duckdb|delta-rs whole|day TABLE [DAY]; says what it took apart from its own start.
import glob, hashlib, json, os, resource, sys, time

who, how, table = sys.argv[1], sys.argv[2], os.path.abspath(sys.argv[3])
day = sys.argv[4] if len(sys.argv) > 4 else None
if who == "duckdb":
    import duckdb, duckdb_extension_delta
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    extensions = os.path.dirname(duckdb_extension_delta.__file__)
    connection.execute("load '%s'" % glob.glob(f"{extensions}/extensions/*/*.duckdb_extension")[0])

    def paths():
        # It lists files only to scan them; planning a scan is what opens the log.
        where = f" where day = date '{day}'" if how == "day" else ""
        connection.execute(f"explain select * from delta_scan('{table}'){where}").fetchall()
        return None
else:
    from deltalake import DeltaTable

    def paths():
        found = DeltaTable(table)
        return found.file_uris([("day", "=", day)]) if how == "day" else found.file_uris()

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

before, began = cpu(), time.perf_counter()
found = paths()
wall, used = time.perf_counter() - began, cpu() - before
names = None if found is None else sorted(path[path.rfind("/") + 1:] for path in found)
print(json.dumps({
    "wallMs": wall * 1000, "cpuMs": used * 1000,
    "files": None if names is None else len(names),
    "hash": None if names is None else hashlib.sha256("\n".join(names).encode()).hexdigest(),
    "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
