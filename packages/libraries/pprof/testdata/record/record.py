# Serves pypprof's profiles on loopback and records them into the folder that is the argument.
import sys
import threading
import time
import urllib.request

import mprofile

mprofile.start(sample_rate=4096)
from pypprof.net_http import start_pprof_server

server = start_pprof_server(port=0)
base = f"http://localhost:{server.server_port}/debug/pprof"
kept = []


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def fill(count):
    kept.extend([str(index) * 20 for index in range(count)])


def work(seconds):
    until = time.time() + seconds
    while time.time() < until:
        fibonacci(15)
        if len(kept) < 20000:
            fill(500)


def record(name, path):
    with open(f"{sys.argv[1]}/python-{name}.pb.gz", "wb") as file:
        file.write(urllib.request.urlopen(f"{base}/{path}").read())


fetching = threading.Thread(target=lambda: record("cpu", "profile?seconds=1"))
fetching.start()
work(1.5)
fetching.join()
record("heap", "heap")
record("thread", "thread")
server.shutdown()
