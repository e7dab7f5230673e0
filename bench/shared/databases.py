"""Databases of a bench's own: an SQLite file, and a PostgreSQL server in a private folder that
commits durably (fsync and synchronous_commit as they come) and ends with the bench."""
import contextlib
import glob
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def program_folder():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"),
                   key=lambda path: int(path.split("/")[4]))
    if not found:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    return Path(found[-1]).parent


class Postgresql:
    def __init__(self, folder):
        self.programs, self.folder = program_folder(), Path(folder)
        # It refuses to run as root.
        self.user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
            self.folder.chmod(0o755)
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "-E",
                 "UTF8", "--locale=C.UTF-8")
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o",
                 f"-k {self.folder} -c listen_addresses= -c shared_buffers=256MB "
                 "-c max_wal_size=4GB", "start")

    def run(self, program, *arguments):
        subprocess.run([*self.user, self.programs / program, *arguments], check=True, cwd="/",
                       stdout=subprocess.DEVNULL)

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", "fast", "stop")

    def new_database(self, name):
        self.sql("postgres", f"CREATE DATABASE {name}")
        return f"postgresql:///{name}?host={self.folder}&user=postgres"

    def sql(self, database, statements):
        """The first value of the last of them."""
        done = subprocess.run([*self.user, self.programs / "psql", "-X", "-q", "-A", "-t", "-v",
                               "ON_ERROR_STOP=1", "-h", self.folder, "-U", "postgres", database],
                              input=statements, text=True, check=True, capture_output=True,
                              cwd="/")
        return done.stdout.strip()

    @contextlib.contextmanager
    def session(self, database):
        """A function that asks for the first value of a query, time and again."""
        psql = subprocess.Popen([*self.user, self.programs / "psql", "-X", "-q", "-A", "-t", "-v",
                                 "ON_ERROR_STOP=1", "-h", self.folder, "-U", "postgres", database],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
                                bufsize=1)

        def ask(query):
            psql.stdin.write(query + ";\n")
            return psql.stdout.readline().strip()

        try:
            yield ask
        finally:
            psql.stdin.close()
            psql.wait()
            psql.stdout.close()

    def version(self):
        return "PostgreSQL " + self.sql("postgres", "SHOW server_version").split()[0]


@contextlib.contextmanager
def postgresql():
    """A server, on the disk that holds the temporary files."""
    folder = tempfile.mkdtemp(prefix="filmgate-bench-postgresql-")
    try:
        server = Postgresql(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
