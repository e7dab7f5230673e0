#include "host/worker/supervise/fd_watch.h"

#include <glib-unix.h>

namespace filmgate::worker {

FdWatch::FdWatch(Executor& executor, int fd, std::function<void()> ready)
    : source_(g_unix_fd_source_new(fd, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP))) {
  const GUnixFDSourceFunc call = [](gint, GIOCondition, gpointer user) -> gboolean {
    (*static_cast<std::function<void()>*>(user))();
    return G_SOURCE_CONTINUE;
  };
  // GLib keeps the callback until it has returned, also when the source goes meanwhile.
  g_source_set_callback(source_.get(),
                        reinterpret_cast<GSourceFunc>(reinterpret_cast<void (*)()>(call)),
                        new std::function<void()>(std::move(ready)),
                        [](gpointer user) { delete static_cast<std::function<void()>*>(user); });
  g_source_attach(source_.get(), executor.context());
}

}  // namespace filmgate::worker
