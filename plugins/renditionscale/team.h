// A few threads that share one piece of work at a time: run() hands out task numbers and returns
// when all are done. One caller at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace filmgate::scaler {

class Team {
 public:
  // The caller is one of them, so 1 starts no thread. There are fewer where the system refuses
  // them.
  explicit Team(int workers);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int workers() const { return static_cast<int>(threads_.size()) + 1; }
  // Calls job(task, worker) for each task in [0, tasks); worker is in [0, workers()).
  void run(int tasks, const std::function<void(int task, int worker)>& job);

 private:
  void work(int worker);
  void take_tasks(std::unique_lock<std::mutex>& lock, int worker);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(int, int)>* job_ = nullptr;
  int next_ = 0;
  int tasks_ = 0;
  int busy_ = 0;
  bool quit_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace filmgate::scaler
