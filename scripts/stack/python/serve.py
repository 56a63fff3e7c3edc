"""Answers requests on a Unix socket, one line of JSON each way, until standard input ends."""

import json
import os
import socketserver
import sys
import threading


def serve(answer):
    """`answer` takes the fields of a request as keywords; what it raises is the answer's `error`."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            for line in self.rfile:
                try:
                    reply = {"value": answer(**json.loads(line))}
                except BaseException as error:  # delta-rs' panics are no Exceptions
                    reply = {"error": f"{type(error).__name__}: {error}"}
                self.wfile.write(json.dumps(reply, default=str).encode() + b"\n")

    server = socketserver.ThreadingUnixStreamServer(sys.argv[1], Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)
