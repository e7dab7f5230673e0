"""Private PostgreSQL servers, a proxy that loses the answers of commits, and faults of the database."""
import atexit
import grp
import json
import os
import pwd
import random as randomness
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from world import wait_for

PROGRAMS = max(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), default=None,
               key=lambda path: int(path.parent.name))


def installed():
    return PROGRAMS is not None and int(PROGRAMS.parent.name) >= 15 and (PROGRAMS / "initdb").exists()


def as_somebody():
    """Arguments for subprocess: the server refuses to be root's."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name, "extra_groups": []}


class Server:
    template = None  # a data folder that others are copied from
    lock = threading.Lock()

    def __init__(self):
        # Short: a socket's path has about a hundred characters.
        self.folder = Path(tempfile.mkdtemp(prefix="fgpg-", dir="/tmp"))
        self.process = None
        self.initialize()
        self.start()
        self.sql("CREATE DATABASE filmgate TEMPLATE template0", "postgres")

    def run(self, *command):
        return subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd="/", **as_somebody())

    def initialize(self):
        if os.geteuid() == 0:
            shutil.chown(self.folder, "nobody")
        with Server.lock:
            if Server.template is None:
                Server.template = Path(tempfile.mkdtemp(prefix="fgpg-template-", dir="/tmp"))
                atexit.register(shutil.rmtree, Server.template, ignore_errors=True)
                if os.geteuid() == 0:
                    shutil.chown(Server.template, "nobody")
                self.run(PROGRAMS / "initdb", "-D", Server.template / "data", "-U", "filmgate", "-A", "trust",
                         "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1")
        self.run("cp", "-r", Server.template / "data", self.folder / "data")

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAMS / "postgres", "-D", self.folder / "data", "-k", self.folder, "-h", "",
                 "-c", "shared_buffers=16MB", "-c", "max_connections=20", "-c", "autovacuum=off"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                **as_somebody())
        def answers():
            asked = subprocess.run([PROGRAMS / "pg_isready", "-q", "-h", self.folder], check=False)
            return asked.returncode == 0
        if not wait_for(answers, 30):
            raise RuntimeError("postgres does not answer: " + (self.folder / "log").read_text()[-2000:])

    def stop_at_once(self):
        """As if its machine had lost power; what was committed has to be there again."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def close(self):
        self.stop_at_once()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self):
        return f"postgresql://filmgate@{str(self.folder).replace('/', '%2F')}/filmgate"

    def sql(self, text, database="filmgate"):
        done = subprocess.run(
            [PROGRAMS / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "filmgate",
             "-d", database, "-f", "-"], input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {text}: {done.stderr}")
        return done.stdout

    def rows(self, query, *arguments):
        """As dicts; each ? stands for an argument."""
        parts = query.split("?")
        text = parts[0]
        for argument, part in zip(arguments, parts[1:], strict=True):
            text += str(argument) if isinstance(argument, int) else "'" + argument.replace("'", "''") + "'"
            text += part
        return [json.loads(line) for line in self.sql(f"SELECT row_to_json(t) FROM ({text}) AS t").splitlines()]


class Proxy:
    """Between filmgated and the server; of some commits the answer is lost, with the connection."""

    def __init__(self, server, seed, share):
        self.server, self.share, self.lost = server, share, 0
        self.random = randomness.Random(seed)
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self):
        return f"postgresql://filmgate@127.0.0.1:{self.listener.getsockname()[1]}/filmgate"

    def close(self):
        """Once filmgated is gone: its sessions end, as its kernel would end them."""
        self.share = 0
        end(self.listener)
        self.listener.close()
        for connection in list(self.connections):
            end(connection)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        """One connection. A commit either never gets there, which the server may not be told, or its
        answer never comes back."""
        server = socket.socket(socket.AF_UNIX)
        self.connections += [client, server]
        losing = threading.Event()

        def back():
            try:
                while data := server.recv(65536):
                    if losing.is_set():
                        break
                    client.sendall(data)
            except OSError:
                pass
            end(client)
            end(server)
        try:
            server.connect(str(self.server.folder / ".s.PGSQL.5432"))
            threading.Thread(target=back, daemon=True).start()
            while data := client.recv(65536):
                if data[:1] == b"Q" and b"COMMIT" in data and self.random.random() < self.share:
                    self.lost += 1
                    losing.set()
                    fate = self.random.random()
                    if fate < 0.15:  # the server goes on waiting for its next word
                        end(client)
                        return
                    if fate < 0.3:
                        break
                server.sendall(data)
        except OSError:
            pass
        end(server)
        end(client)


def end(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def server_stops(world, random):
    """The server is stopped at once and started again, some times."""
    world.start()
    moments = []
    for _ in range(random.randint(1, 3)):
        moment = random.uniform(0, 1.2)
        if wait_for(lambda: world.settled() or not world.running(), moment):
            break
        world.server.stop_at_once()
        world.go_on(random.uniform(0, 1.5))
        world.server.start()
        moments.append(f"{moment * 1000:.0f} ms")
    wait_for(world.settled, random.uniform(0, 2))
    world.kill()
    return "PostgreSQL stopped after " + ", ".join(moments) if moments else None


def sessions_end(world, random):
    """Somebody ends filmgated's sessions, again and again."""
    world.start()
    count = 0
    for _ in range(random.randint(1, 8)):
        if wait_for(lambda: world.settled() or not world.running(), random.uniform(0, 0.4)):
            break
        count += world.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                                  "application_name LIKE 'filmgate %'").count("t")
    wait_for(world.settled, random.uniform(0, 2))
    world.kill()
    return f"{count} sessions were ended" if count else None


def commits_are_lost(world, random):
    """The connection breaks after a commit was sent: it may be made or not, and nobody says so."""
    proxy = Proxy(world.server, random.random(), random.uniform(0.02, 0.3))
    try:
        world.database_url = proxy.url()
        world.start()
        wait_for(lambda: world.settled() or not world.running(), random.uniform(2, 6))
        lost = proxy.lost
        world.kill()
    finally:
        proxy.close()
        world.database_url = world.server.url()
    return f"{lost} commits were not answered" if lost else None


POSTGRESQL_FAULTS = {
    "pg-stop": server_stops,
    "pg-terminate": sessions_end,
    "pg-lost-commit": commits_are_lost,
}
