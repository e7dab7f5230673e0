// GLib builds GMutex and GCond on futexes, and GLib is not instrumented: ThreadSanitizer doesn't
// see that anything is locked by them, the object lock of every GstObject included. Here the
// program's own functions of the same names call the real ones and tell what they mean. Without
// this every property guarded by an object lock would have to be suppressed, true races with it.
#if defined(__SANITIZE_THREAD__)

#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

namespace {

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define FILMGATE_OVERRIDE extern "C" __attribute__((visibility("default"), no_sanitize("thread")))

FILMGATE_OVERRIDE void(g_mutex_lock)(GMutex* mutex) {
  static auto* const lock = real<void(GMutex*)>("g_mutex_lock");
  lock(mutex);
  __tsan_acquire(mutex);
}

FILMGATE_OVERRIDE gboolean(g_mutex_trylock)(GMutex* mutex) {
  static auto* const try_lock = real<gboolean(GMutex*)>("g_mutex_trylock");
  const gboolean locked = try_lock(mutex);
  if (locked) __tsan_acquire(mutex);
  return locked;
}

FILMGATE_OVERRIDE void(g_mutex_unlock)(GMutex* mutex) {
  static auto* const unlock = real<void(GMutex*)>("g_mutex_unlock");
  __tsan_release(mutex);
  unlock(mutex);
}

FILMGATE_OVERRIDE void(g_cond_wait)(GCond* condition, GMutex* mutex) {
  static auto* const wait = real<void(GCond*, GMutex*)>("g_cond_wait");
  __tsan_release(mutex);
  wait(condition, mutex);
  __tsan_acquire(mutex);
}

FILMGATE_OVERRIDE gboolean(g_cond_wait_until)(GCond* condition, GMutex* mutex, gint64 end) {
  static auto* const wait = real<gboolean(GCond*, GMutex*, gint64)>("g_cond_wait_until");
  __tsan_release(mutex);
  const gboolean signalled = wait(condition, mutex, end);
  __tsan_acquire(mutex);
  return signalled;
}

#endif
