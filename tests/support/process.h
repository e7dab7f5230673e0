// Programs under test: started with captured output, ended with the test at the latest.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace filmgate::test {

// Waits for a condition, looking every few milliseconds; false when the limit is over first.
bool wait_until(const std::function<bool()>& condition, int limit_ms = 60'000);

class Child {
 public:
  // Output of both streams goes to `log` (a file). The environment is ours plus `extra`.
  Child(const std::vector<std::string>& arguments, std::string log,
        const std::map<std::string, std::string>& extra = {});
  ~Child();  // SIGKILL if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  // The exit code, or 128 + signal; -1 when it still runs after the limit.
  int wait(int limit_ms = 120'000);
  std::string output() const;

 private:
  int pid_ = -1;
  int status_ = -1;
  std::string log_;
};

struct Finished {
  int exit_code = -1;
  std::string output;  // standard output
  std::string errors;  // standard error
};
// Runs to the end.
Finished run_program(const std::vector<std::string>& arguments, int limit_ms = 300'000,
                     const std::map<std::string, std::string>& extra = {});

// A line of gst-launch-1.0 that is meant to end in an error. That program (seen in 1.22, with
// `videotestsrc num-buffers=1 ! identity error-after=1 ! fakesink` once in sixty times) may wait
// for ever after it has said the error; then it is ended and begun again.
Finished run_refused(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& extra = {});

// An empty folder below the test's temporary folder, removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace filmgate::test
