#include "plugins/renditionscale/team.h"

#include <system_error>

namespace filmgate::scaler {

Team::Team(int workers) {
  try {
    for (int i = 1; i < workers; ++i) threads_.emplace_back([this, i] { work(i); });
  } catch (const std::system_error&) {  // the system gives no more of them: fewer share the work
  }
}

Team::~Team() {
  {
    std::lock_guard lock(mutex_);
    quit_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Team::run(int tasks, const std::function<void(int, int)>& job) {
  if (threads_.empty() || tasks < 2) {
    for (int task = 0; task < tasks; ++task) job(task, 0);
    return;
  }
  std::unique_lock lock(mutex_);
  job_ = &job;
  next_ = 0;
  tasks_ = tasks;
  wake_.notify_all();
  take_tasks(lock, 0);
  done_.wait(lock, [this] { return busy_ == 0; });
  job_ = nullptr;
}

void Team::take_tasks(std::unique_lock<std::mutex>& lock, int worker) {
  while (next_ < tasks_) {
    const int task = next_++;
    const auto& job = *job_;
    ++busy_;
    lock.unlock();
    job(task, worker);
    lock.lock();
    --busy_;
  }
}

void Team::work(int worker) {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return quit_ || next_ < tasks_; });
    if (quit_) return;
    take_tasks(lock, worker);
    if (busy_ == 0) done_.notify_one();
  }
}

}  // namespace filmgate::scaler
