"""What the Python suites share: arguments, timing, and the two workloads that are fresh processes.

A suite is a table from a workload's name to Workload(make, flops): make() builds the step, which is built only
if it is asked for. Every figure is one JSON line.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Callable, NamedTuple

WARM_UPS, LEAST_STEPS = 3, 5
MEMORY_STEPS = 20
READY = "ready"


class Workload(NamedTuple):
    make: Callable
    flops: int = 0
    inner: int = 1    # how often a step does the thing that is timed


def parse_arguments(doc, *switches):
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", metavar="NAME[,NAME]", help="gemm means every gemm-…")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a workload is repeated")
    parser.add_argument("--serve", action="store_true", help="do what the lines of standard input say, for diffeo bench --peer")
    parser.add_argument("--child", choices=("cold", "memory"), help=argparse.SUPPRESS)
    for switch, text in switches:
        parser.add_argument(switch, action="store_true", help=text)
    return parser.parse_args()


def wanted(name, only):
    names = [n for n in only.split(",") if n]
    return not names or any(name == n or name.startswith(n + "-") for n in names)


clock = time.perf_counter


def warm(step):
    """The ms of the first call; a few more follow. step() returns only when its result is there."""
    start = clock(); step(); first = clock() - start
    for _ in range(WARM_UPS):
        step()
    return first * 1e3


def repeat(step, seconds, inner, least=LEAST_STEPS):
    """The ms of each of the steps that fit in so many seconds, and of a few at least."""
    times, begin = [], clock()
    while clock() - begin < seconds or len(times) < least:
        start = clock(); step(); times.append((clock() - start) * 1e3 / inner)
    return times


def child_command(mode):
    return [sys.executable, *(a for a in sys.argv if a != "--serve"), "--child", mode]


def cold_start():
    """Wall ms from starting a process until it says that its first mlp-step has ended."""
    start = time.perf_counter()
    with subprocess.Popen(child_command("cold"), stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            if line.strip() == READY:
                elapsed = time.perf_counter() - start
                child.kill()
                return elapsed * 1e3
    raise RuntimeError("the child ended without a step")


def peak_memory():
    """Peak resident MiB of a process that does 20 resnet-steps, as it says itself."""
    done = subprocess.run(child_command("memory"), stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


def own_peak():
    """VmHWM of this process: unlike ru_maxrss it knows nothing of the parent it was forked from."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def be_child(mode, workloads):
    if mode == "cold":
        workloads["mlp-step"].make()()
        print(READY, flush=True)
        return
    step = workloads["resnet-step"].make()
    for _ in range(MEMORY_STEPS):
        step()
    print(own_peak())


def serve(peer, workloads):
    """Answers each line of standard input: {"make": name}, {"run": seconds}, {"fresh": "cold" or "memory"}."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)    # what libraries print is not for the one who asks

    def say(**answer):
        print(json.dumps(answer), file=out, flush=True)

    step = inner = None
    say(peer=peer)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            if "make" in question:
                step = None    # its memory goes before the next one's comes
                make, _, inner = workloads[question["make"]]
                step = make()
                say(times=[warm(step)])
            elif "run" in question:
                say(times=repeat(step, question["run"], inner, least=3))
            else:
                say(times=[cold_start() if question["fresh"] == "cold" else peak_memory()])
        except Exception as error:
            say(error=f"{type(error).__name__}: {error}".splitlines()[0])


def run_suite(peer, args, workloads):
    if args.child:
        return be_child(args.child, workloads)
    if args.serve:
        return serve(peer, workloads)

    def report(name, **figures):
        print(json.dumps(dict(peer=peer, workload=name, threads=args.threads, **figures)), flush=True)

    for name, (make, flops, inner) in workloads.items():
        if wanted(name, args.only):
            step = make()
            first = warm(step)
            ms = statistics.median(repeat(step, args.seconds, inner))
            rate = dict(gflops=round(flops / ms / 1e6, 1)) if flops else {}
            report(name, ms=round(ms, 4), first_ms=round(first, 2), **rate)
    if wanted("cold", args.only):
        times, begin = [], time.perf_counter()
        while len(times) < LEAST_STEPS or time.perf_counter() - begin < args.seconds:
            times.append(cold_start())
        report("cold", ms=round(statistics.median(times), 1), first_ms=round(times[0], 1))
    if wanted("memory", args.only):
        report("memory", mib=round(peak_memory(), 1))


def pin(threads):
    """Leaves this process, and its children, the first processors alone: taskset from inside."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
