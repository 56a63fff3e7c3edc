# What a Python process took until now, with the processes that it has ended.
import json
import resource


def print_usage(**more):
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    with open("/proc/self/status") as status:
        # Of this program alone: ru_maxrss begins with what its parent once held.
        [peak] = [int(line.split()[1]) for line in status if line.startswith("VmHWM:")]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in used)
    print(json.dumps({"cpuMs": 1000 * cpu, "peakBytes": 1024 * peak, **more}))
