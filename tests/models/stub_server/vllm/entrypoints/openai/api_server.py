"""Stands in for vLLM: the same command line, the same key by environment, a child process as its engine.

``--model`` says how it behaves: ``good``, ``dies``, ``slow`` (never ready), ``stubborn`` (ignores SIGTERM, as does its engine).
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--model")
parser.add_argument("--host")
parser.add_argument("--port", type=int)
options, rest = parser.parse_known_args()
behaviour = options.model.rsplit("/")[-1]
key = os.environ["VLLM_API_KEY"]
assert key not in " ".join(sys.argv)

sys.stderr.write("\x1b[32mINFO\x1b[0m loading weights\n")
if behaviour == "dies":
    sys.exit("ValueError: no such architecture")
if behaviour == "slow":
    time.sleep(600)
ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
engine = subprocess.Popen([sys.executable, "-c", ignore if behaviour == "stubborn" else "import time; time.sleep(600)"])
if behaviour == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, {"status": "ok"} if self.path == "/health" else {})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != f"Bearer {key}":
            self.answer(401, {"error": "wrong key"})
            return
        if asked["messages"][-1]["content"] == "die":
            sys.stderr.write("RuntimeError: out of memory\n")
            os._exit(3)
        said = json.dumps({"argv": rest, "engine": engine.pid, "server": os.getpid(), "env": dict(os.environ)})
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        self.answer(200, {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 5}})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


ThreadingHTTPServer((options.host, options.port), Handler).serve_forever()
