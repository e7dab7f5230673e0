// An element in a GstHarness among threads that do to it at the same time whatever an application
// may.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "tests/element/robustness/support.h"

namespace filmgate::test {

class Storm {
 public:
  // `caps` alternate; buffers are of the size that each needs.
  Storm(const std::string& launch, std::vector<std::string> caps, unsigned seed);
  ~Storm();
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  GstElement* element() const { return bench_.element(); }

  void push_data();      // one thread: caps, buffers, gaps, tags, ends
  void flush();          // another: flushes, which let go whatever waits
  void change_states();  // another: to NULL or READY and back
  void set(const char* property, const std::string& value);  // again and again
  void send_upstream(GstEvent* event);                       // likewise; takes the reference
  void repeat(std::function<void(GstElement*)> action);      // likewise, anything else
  void query();  // what applications ask and downstream asks

  // Ends it all when so much has been done of each kind that was begun; false when it took too
  // long.
  bool run(int pushes, int flushes, int changes);

 private:
  void begin();  // stream-start, caps, segment; in turn
  void push_one();
  GstBuffer* buffer();
  int pick(int least, int most) { return std::uniform_int_distribution<>(least, most)(random_); }
  void start(std::function<void()> action, gulong pause);

  Bench bench_;
  std::vector<std::string> caps_;
  std::mt19937 random_;  // of the pushing thread
  std::mutex turn_;  // of those who push in the order of a stream; never held while a flush begins
  size_t now_ = 0;   // caps in use, under turn_
  unsigned streams_ = 0;
  GstClockTime next_ = 0;
  std::atomic<int> pushes_ = 0, flushes_ = 0, changes_ = 0;
  bool flushing_ = false, changing_ = false;
  std::vector<GstHarnessThread*> threads_;
  std::vector<std::unique_ptr<std::function<void()>>> actions_;
};

}  // namespace filmgate::test
