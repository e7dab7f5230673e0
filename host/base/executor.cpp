#include "host/base/executor.h"

#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace filmgate {
namespace {

using Task = std::function<void()>;

// What is posted waits here. It outlives the executor while a source in the context still points
// to it, so that an executor can go while its context lives on.
class Queue {
 public:
  // True when it was empty, so that the context must be woken.
  bool push(Task task) {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    return tasks_.size() == 1;
  }
  void run_all() {
    while (true) {
      std::deque<Task> batch = take();
      if (batch.empty()) return;
      run(batch);
    }
  }
  // What a task posts in turn waits for the next round, so that timers and sockets get theirs.
  void run_once() {
    std::deque<Task> batch = take();
    run(batch);
  }
  void clear() { take(); }

 private:
  std::deque<Task> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(tasks_, {});
  }
  static void run(std::deque<Task>& batch) {
    while (!batch.empty()) {
      const Task task = std::move(batch.front());
      batch.pop_front();
      task();
    }
  }

  std::mutex mutex_;
  std::deque<Task> tasks_;
};

template <typename T>
void delete_data(gpointer data) noexcept {
  delete static_cast<T*>(data);
}

gboolean run_queue(gpointer data) noexcept {
  const std::shared_ptr<Queue> queue = *static_cast<std::shared_ptr<Queue>*>(data);
  queue->run_once();
  return G_SOURCE_REMOVE;
}

gboolean run_timer(gpointer data) noexcept {
  const Task task = std::move(*static_cast<Task*>(data));
  task();
  return G_SOURCE_REMOVE;
}

class SourceTimer final : public Executor::Timer {
 public:
  SourceTimer(GMainContext* context, int64_t delay_ms, Task task)
      : source_(g_timeout_source_new(static_cast<guint>(
            std::clamp<int64_t>(delay_ms, 0, std::numeric_limits<int>::max())))) {
    g_source_set_callback(source_, run_timer, new Task(std::move(task)), delete_data<Task>);
    g_source_attach(source_, context);
  }
  SourceTimer(const SourceTimer&) = delete;
  SourceTimer& operator=(const SourceTimer&) = delete;
  ~SourceTimer() override {
    g_source_destroy(source_);
    g_source_unref(source_);
  }

 private:
  GSource* source_;
};

class ContextExecutor : public Executor {
 public:
  explicit ContextExecutor(GMainContext* context)
      : context_(g_main_context_ref(context != nullptr ? context : g_main_context_default())),
        queue_(std::make_shared<Queue>()) {}
  ContextExecutor(const ContextExecutor&) = delete;
  ContextExecutor& operator=(const ContextExecutor&) = delete;
  ~ContextExecutor() override {
    queue_->clear();
    g_main_context_unref(context_);
  }

  void post(Task task) override {
    if (!queue_->push(std::move(task))) return;
    GSource* source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, run_queue, new std::shared_ptr<Queue>(queue_),
                          delete_data<std::shared_ptr<Queue>>);
    g_source_attach(source, context_);
    g_source_unref(source);
  }

  std::unique_ptr<Timer> after(int64_t delay_ms, Task task) override {
    return std::make_unique<SourceTimer>(context_, delay_ms, std::move(task));
  }

  GMainContext* context() const override { return context_; }

 protected:
  Queue& queue() { return *queue_; }

 private:
  GMainContext* context_;
  std::shared_ptr<Queue> queue_;
};

class ThreadExecutor final : public ContextExecutor {
 public:
  ThreadExecutor(GMainContext* context, const char* name) : ContextExecutor(context) {
    loop_ = g_main_loop_new(context, FALSE);
    thread_ = std::thread([this, thread_name = std::string(name).substr(0, 15)] {
      pthread_setname_np(pthread_self(), thread_name.c_str());
      g_main_context_push_thread_default(this->context());
      g_main_loop_run(loop_);
      queue().run_all();
      g_main_context_pop_thread_default(this->context());
    });
  }
  ~ThreadExecutor() override {
    post([this] { g_main_loop_quit(loop_); });
    thread_.join();
    g_main_loop_unref(loop_);
  }

 private:
  GMainLoop* loop_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Executor> make_executor(GMainContext* context) {
  return std::make_unique<ContextExecutor>(context);
}

std::unique_ptr<Executor> start_executor_thread(const char* name) {
  GMainContext* context = g_main_context_new();
  auto executor = std::make_unique<ThreadExecutor>(context, name);
  g_main_context_unref(context);
  return executor;
}

}  // namespace filmgate
