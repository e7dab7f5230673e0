"""Deliberate defects, each of which the rounds have to notice: what a harness can't see it doesn't prove.

script/fault --mutants makes them one by one in a copy of the last commit under build/mutants, builds
filmgated and its worker there, and runs rounds of the faults that should show the defect.
"""
import shutil
import subprocess
import time
from dataclasses import dataclass

ROUNDS = 12  # of each fault, at most, until the defect shows

ENGINE = "host/engine/"
STORE = "host/store/"


@dataclass
class Mutant:
    name: str
    faults: tuple  # that should show it, the likeliest first
    edits: list  # (file, the text that is there exactly once, the text in its place)


MUTANTS = [
    Mutant("a claim that is over still finishes its job", ("claim-taken-over",), [
        (STORE + "sql_jobs.cpp",
         "WHERE id = $10 AND fence = $11 AND state = 'leased'",
         "WHERE id = $10 AND fence >= $11 AND state = 'leased'"),
        (STORE + "sql_runs.cpp",
         "WHERE job_id = $6 AND fence = $7 AND ended_ms = 0",
         "WHERE job_id = $6 AND fence >= $7 AND ended_ms = 0")]),
    Mutant("a claim that is over is still renewed", ("claim-taken-over",), [
        (STORE + "sql_jobs.cpp",
         "SET lease_until_ms = $1 WHERE id = $2 AND fence = $3",
         "SET lease_until_ms = $1 WHERE id = $2 AND fence >= $3")]),
    Mutant("claims don't raise the fence", ("kill-daemon", "kill-worker"), [
        (STORE + "sql_jobs.cpp",
         "attempt = attempt + 1, fence = fence + 1",
         "attempt = attempt + 1")]),
    Mutant("the same work is queued twice", ("durable-order",), [
        (ENGINE + "change.cpp",
         "  FILMGATE_TRY(tx.insert_jobs(jobs));\n",
         "  FILMGATE_TRY(tx.insert_jobs(jobs));\n"
         "  std::vector<Job> twice(jobs.begin(), jobs.end());\n"
         "  for (Job& job : twice) job.id = new_id(clock_);\n"
         "  FILMGATE_TRY(tx.insert_jobs(twice));\n"),
        ("data/migrations/sqlite/0001_initial.sql",
         "CREATE UNIQUE INDEX job_alive",
         "CREATE INDEX job_alive")]),
    Mutant("a published set is published once more", ("durable-order",), [
        (ENGINE + "publish.cpp",
         "publish.state = JobState::kDone;",
         "publish.state = JobState::kReady;")]),
    Mutant("the folder isn't flushed after the rename that publishes", ("durable-order",), [
        ("host/storage/library.cpp",
         "  FILMGATE_TRY(fsync_folder(folder_of(target)));\n"
         "  return fsync_folder(folder_of(source));",
         "  return fsync_folder(folder_of(source));")]),
    Mutant("folders aren't flushed after a source moved", ("durable-order",), [
        ("host/base/file_move.cpp",
         "    FILMGATE_TRY(fsync_folder(to_folder));\n"
         "    return from_folder",
         "    return {};\n"
         "    return from_folder")]),
    Mutant("a rendition isn't flushed", ("durable-order",), [
        ("host/worker/process/outputs.cpp",
         "if (fsync(opened->get()) != 0) return",
         "if (opened->get() < 0) return")]),
    Mutant("the rename that publishes comes before the row of its intent", ("durable-order",), [
        (ENGINE + "publish.cpp",
         "    job.staged = intent;",
         '    FILMGATE_TRY(parts_.library.publish(intent.get("from").string_or(""), '
         'intent.get("to").string_or(""), *inode));\n'
         "    job.staged = intent;")]),
    Mutant("the source moves before the row of what was published", ("durable-order",), [
        (ENGINE + "publish.cpp",
         "join(asset->output_path, source_file(*asset))));\n"
         "    asset->wake_ms = 0;",
         "join(asset->output_path, source_file(*asset))));\n"
         "    for (const Json& move : *asset->moves.if_array()) "
         "FILMGATE_TRY(carry_out_one(move));\n"
         "    asset->wake_ms = 0;")]),
    Mutant("commits aren't flushed", ("durable-order",), [
        (STORE + "sqlite_store.cpp",
         "PRAGMA synchronous = FULL",
         "PRAGMA synchronous = NORMAL")]),
    Mutant("a rename takes the place of what lies there", ("name-taken",), [
        ("host/base/file_move.cpp",
         "to.c_str(), RENAME_NOREPLACE) == 0",
         "to.c_str(), 0) == 0")]),
    Mutant("looking at a review link decides", ("racing-clicks",), [
        ("host/http/review_pages.cpp",
         "[links = app.links, token](Engine& engine) { return find_review(engine, links, "
         "token); },",
         "[links = app.links, token](Engine& engine) {\n"
         "        auto found = find_review(engine, links, token);\n"
         "        if (found) {\n"
         "          DecisionRequest request;\n"
         "          request.approval_id = found->approval.id;\n"
         "          request.reviewer = found->reviewer;\n"
         "          (void)engine.decide(request).ok();\n"
         "        }\n"
         "        return found;\n"
         "      },")]),
    Mutant("whoever decides second is told that it counted", ("racing-clicks",), [
        (ENGINE + "decide.cpp",
         "if (approval.state == wanted) {",
         'if (approval.state != "pending") {')]),
    Mutant("promised moves are forgotten by a new start", ("kill-at-rename", "kill-at-call"), [
        (ENGINE + "recover.cpp",
         "for (const Asset& asset : moving) ids.insert(asset.id);",
         "")]),
    Mutant("an attempt that was lost never ends", ("kill-daemon",), [
        (ENGINE + "recover.cpp",
         "  FILMGATE_TRY(end_lost_attempt(change, job, why));\n"
         "  job.state = JobState::kReady;",
         "  job.state = JobState::kReady;")]),
    Mutant("what a killed host left in .work/ stays", ("kill-daemon", "kill-at-call"), [
        (ENGINE + "recover.cpp",
         "  return remove_leftovers();\n",
         "  return {};\n")]),
    Mutant("workers that crash aren't counted", ("deadly-file",), [
        (ENGINE + "fail.cpp",
         "if (failure.error_class == worker::kClassCrash) ++job.crashes;",
         "")]),
    Mutant("renditions aren't verified", ("lost-write",), [
        ("host/worker/process/stage.cpp",
         "if (auto failure = verify_rendition(entry, context, info)) return failure;",
         "(void)verify_rendition(entry, context, info);")]),
    Mutant("a message counts as sent whatever was answered", ("rude-receivers",), [
        (ENGINE + "outbox.cpp",
         "if (outcome.result == DeliveryResult::kDelivered) {",
         "if (outcome.result != DeliveryResult::kRefused) {")]),
    Mutant("a message overtakes one that waits", ("rude-receivers",), [
        (STORE + "sql_messages.cpp",
         "(SELECT min(seq) FROM outbox WHERE state = 'waiting' GROUP BY endpoint)",
         "(SELECT seq FROM outbox WHERE state = 'waiting')")]),
    Mutant("a second host is let in", ("second-daemon",), [
        (STORE + "sqlite_store.cpp",
         "LOCK_EX | LOCK_NB",
         "LOCK_SH | LOCK_NB")]),
    Mutant("an upload is taken in while it is still written", ("slow-upload",), [
        ("host/upload/settling.cpp",
         "if (before != seen_.end() && same(before->second.file, file)) {",
         "if (before != seen_.end()) {")]),
    Mutant("a change of state has no event", ("durable-order",), [
        (ENGINE + "change.cpp",
         '  FILMGATE_TRY(event(asset.id, "asset.state", std::move(data)));\n',
         "  (void)data;\n")]),
]


class Workshop:
    """A copy of the last commit with a build folder of its own."""

    def __init__(self, top, folder, built):
        self.source, self.build = folder / "source", folder / "build"
        folder.mkdir(parents=True, exist_ok=True)
        if not self.source.exists():
            self.run("git", "clone", "-q", "--shared", top, self.source)
        commit = subprocess.check_output(["git", "-C", top, "rev-parse", "HEAD"], text=True).strip()
        self.run("git", "-C", self.source, "fetch", "-q", "origin")
        self.run("git", "-C", self.source, "checkout", "-q", "--force", "--detach", commit)
        self.run("cmake", "-S", self.source, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                 "-DCMAKE_CXX_FLAGS_RELEASE=-O1", "-DFILMGATE_TESTS=OFF")
        # The elements are the same for all, and who audits is not spoiled: those that were built before serve.
        for name in ("plugins/libgstfilmgate.so", "bin/filmgate"):
            (self.build / name).unlink(missing_ok=True)
            (self.build / name).parent.mkdir(exist_ok=True)
            shutil.copy2(built / name, self.build / name)

    @staticmethod
    def run(*command):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: {(done.stdout + done.stderr)[-3000:]}")

    def make(self):
        self.run("cmake", "--build", self.build, "--target", "filmgated", "filmgate-worker")

    def spoil(self, mutant):
        """file -> its text as it was."""
        texts = {}
        for name, old, new in mutant.edits:
            path = self.source / name
            text = path.read_text()
            if text.count(old) != 1:
                raise RuntimeError(f"{mutant.name}: {name} has {text.count(old)} times: {old}")
            texts.setdefault(path, text)
            path.write_text(text.replace(old, new))
        return texts


def seen(mutant, play):
    """(fault, rounds, what was said) of the first round that shows it; said is None when there is none."""
    rounds = 0
    for fault in mutant.faults:
        counted = 0
        for seed in range(1, 4 * ROUNDS):
            done, broken = play(seed, fault)
            counted += done is not None
            rounds += done is not None
            if broken:
                return fault, rounds, broken[0].strip().splitlines()[-1]
            if counted == ROUNDS:
                break
    return ", ".join(mutant.faults), rounds, None


def judge(chosen, workshop, play):
    """Prints a line for each defect; how many were missed. `play` runs one round of a fault."""
    words = chosen.split(",")
    mutants = [mutant for mutant in MUTANTS if any(word in mutant.name for word in words)]
    workshop.make()
    for fault in sorted({fault for mutant in mutants for fault in mutant.faults}):
        _, broken = play(1, fault)
        if broken:
            raise RuntimeError(f"{fault} finds fault with what is not spoiled: {broken}")
    missed = 0
    print("| defect | | fault | rounds | said | s |\n|---|---|---|---|---|---|", flush=True)
    for mutant in mutants:
        begin = time.monotonic()
        texts = workshop.spoil(mutant)
        try:
            workshop.make()
            fault, rounds, said = seen(mutant, play)
        except RuntimeError as error:  # the code has changed: the defect has to follow it
            fault, rounds, said = "", 0, None
            print(f"mutants: {mutant.name} can't be built: {error}", flush=True)
        finally:
            for path, text in texts.items():
                path.write_text(text)
        missed += said is None
        print(f"| {mutant.name} | {'MISSED' if said is None else 'caught'} | {fault} | {rounds} | {(said or '')[:160]} | "
              f"{time.monotonic() - begin:.0f} |", flush=True)
    workshop.make()
    print(f"mutants: {len(mutants) - missed} of {len(mutants)} caught")
    return missed
