"""Receivers of webhooks that hang, drip, redirect, break off and refuse, and what must hold of what
they were told."""
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from world import DESCRIPTION, REVIEWED, wait_for

STATES = ["inspecting", "probing", "transcoding", "processed", "rejected"]
TIMEOUT = 0.6  # seconds, of one delivery
MANNERS = ["hang", "drip", "redirect", "500", "reset", "reset-after"]


class Receiver:
    """Answers 204, but to the first try of some messages as `manners` says; `requests` is what came:
    (path, id, body, whether 2xx was answered)."""

    def __init__(self, manners=(), gone=False):
        self.manners, self.gone = list(manners), gone
        self.requests, self.lock, self.closed = [], threading.Lock(), threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    receiver.answer(self, self.headers.get("webhook-id"), body)
                except OSError:
                    pass  # nobody waits for the answer any more

            def do_GET(self):
                receiver.answer(self, None, b"")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, message, body):
        with self.lock:
            first = message not in [known for _, known, _, _ in self.requests]
            manner = self.manners.pop(0) if self.manners and first else "204"
            good = not self.gone and manner in ("204", "reset-after")
            self.requests.append((handler.path, message, body, good))
        if self.gone:
            manner = "410"
        if manner == "hang":
            self.closed.wait(3 * TIMEOUT)
        elif manner == "drip":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(20):
                self.closed.wait(TIMEOUT / 5)
                handler.wfile.write(b"X-Drip: drop\r\n")
        elif manner in ("reset", "reset-after"):
            if manner == "reset-after":
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
        else:
            handler.send_response(302 if manner == "redirect" else int(manner))
            handler.send_header("Location", "/elsewhere")
            handler.send_header("Content-Length", "0")
            handler.end_headers()


def tell(world, receivers):
    """Every description tells all these endpoints of the states above."""
    for description in (DESCRIPTION, REVIEWED):
        notify = [{"to": name, "on": STATES} for name in receivers]
        path = world.folder / f"descriptions/{description['name']}.json"
        path.write_text(json.dumps(description | {"notify": notify}))
    world.variables |= {f"FILMGATE_NOTIFY_{name.upper()}_URL": receiver.url()
                        for name, receiver in receivers.items()}
    world.variables |= {f"FILMGATE_NOTIFY_{name.upper()}_TYPE": "webhook" for name in receivers}
    world.variables |= {"FILMGATE_WEBHOOKS_TIMEOUT": f"{int(TIMEOUT * 1000)}ms",
                        "FILMGATE_WEBHOOKS_ALLOW_PRIVATE_ADDRESSES": "true"}


def rude_receivers(world, random):
    """One receiver that is rude at first, one that is well, one that wants no more; a SIGKILL as well."""
    manners = [random.choice(MANNERS) for _ in range(random.randint(1, 3))]
    receivers = {"rude": Receiver(manners), "well": Receiver(), "gone": Receiver(gone=True)}
    try:
        tell(world, receivers)
        world.start()
        if not wait_for(world.settled, 20):
            raise AssertionError("the uploads are held up by those who are to be told of them")
        if random.random() < 0.6:
            world.go_on(random.uniform(0, 1))
            world.kill()
            world.start()
        waiting = "SELECT count(*) AS n FROM outbox WHERE state = 'waiting'"
        if not wait_for(lambda: [row["n"] for row in world.look(waiting)] == [0], 60):
            raise AssertionError(f"messages still wait: {world.log_text()[-2000:]}")
        for name, receiver in receivers.items():
            told(world, name, receiver)
    finally:
        for receiver in receivers.values():
            receiver.close()
    return "receivers that " + ", ".join(manners)


def told(world, name, receiver):
    """At least once each, the same each time, in order; and nobody was left out."""
    rows = world.look("SELECT seq, id, state, topic FROM outbox WHERE endpoint = ? ORDER BY seq", name)
    changes = [json.loads(row["data"])["to"] for row in
               world.look("SELECT data FROM event WHERE kind = 'asset.state'")]
    wanted = sorted("asset." + state for state in changes if state in STATES)
    if sorted(row["topic"] for row in rows) != wanted:
        world.broken.append(f"{name} is to be told {[row['topic'] for row in rows]} and not {wanted}")
    state = "dead" if receiver.gone else "sent"
    order = {row["id"]: number for number, row in enumerate(rows)}
    for row in rows:
        mine = [request for request in receiver.requests if request[1] == row["id"]]
        if row["state"] != state:
            world.broken.append(f"{row['topic']} to {name} is {row['state']} and not {state}")
        if not mine or (not receiver.gone and not any(good for _, _, _, good in mine)):
            world.broken.append(f"{row['topic']} never arrived at {name}, and counts as {row['state']}")
        if len({body for _, _, body, _ in mine}) > 1:
            world.broken.append(f"{row['topic']} was another one when it was told {name} again")
    furthest = 0
    for path, message, _, good in receiver.requests:
        if path != "/hook":
            world.broken.append(f"{name} was followed to {path}")
        elif message not in order:
            world.broken.append(f"{name} was told a message {message} that nobody wrote")
        elif order[message] > furthest:
            world.broken.append(f"{name} was told {order[message] + 1} before {furthest + 1} arrived")
        elif good or receiver.gone:
            furthest = max(furthest, order[message] + 1)
