// Runs worker processes through the supervisor, as a host does, and collects what they say.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "host/base/executor.h"
#include "host/base/file.h"
#include "host/worker/supervise/supervisor.h"

namespace filmgate::worker {

struct Ran {
  std::vector<Json> reports;
  RunOutcome outcome;
  int exits = 0;  // how often on_exit came

  const Json* last(std::string_view type) const;
  int count(std::string_view type) const;
};

class WorkerTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // The real worker, or the one that misbehaves.
  void use_worker(const std::string& program);
  std::string fake_worker() const;
  std::string real_worker() const;

  // A file in the test's folder with this content.
  std::string write(const std::string& name, std::string_view content);
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string work() const { return folder_ + "/work"; }
  // ../shared/media/NAME, or "" where the folder is absent.
  static std::string media(const std::string& name);

  // Open without close-on-exec, as a careless library leaves it, under a number so high that none
  // of the worker's own comes to lie over it.
  static Fd leaked_descriptor();

  Ran run(const std::string& input, const std::string& stage, const std::string& launch);
  Ran run(const RunRequest& request);
  RunRequest request(const std::string& input, const std::string& stage,
                     const std::string& launch) const;
  // Iterates the executor's context until `done` or a minute has passed.
  void wait_until(const std::function<bool()>& done);

  std::string folder_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Supervisor> supervisor_;
  Limits limits_;
};

}  // namespace filmgate::worker
