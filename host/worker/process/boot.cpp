#include "host/worker/process/boot.h"

#include <gst/gst.h>

#include <unistd.h>
#include <cstdlib>

#include "host/worker/process/elements.h"
#include "host/worker/process/libraries.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

void set_environment(const SandboxOptions& options, bool fixed) {
  clearenv();
  g_set_prgname("filmgate-worker");  // in GLib's warnings
  setenv("PATH", "/usr/bin:/bin", 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  setenv("TMPDIR", ".", 1);  // muxers put their temporary files there: the work folder
  setenv("HOME", "/", 1);
  setenv("GST_DEBUG_NO_COLOR", "1", 1);
  if (!options.registry.empty()) setenv("GST_REGISTRY_1_0", options.registry.c_str(), 1);
  if (!options.plugin_folder.empty()) {
    setenv("GST_PLUGIN_PATH_1_0", options.plugin_folder.c_str(), 1);
  }
  if (fixed) {
    setenv("GST_REGISTRY_FORK", "no", 1);
    setenv("GST_REGISTRY_UPDATE", "no", 1);
  }
}

Result<void> boot_gstreamer(const SandboxOptions& options, const std::vector<std::string>& extra) {
  set_environment(options, true);
  if (options.registry.empty() || access(options.registry.c_str(), R_OK) != 0) {
    return Error{ErrorCode::kNotFound, "GStreamer's registry \"" + options.registry +
                                           "\" is missing; filmgate-worker --introspect makes it"};
  }
  GError* raw_error = nullptr;
  bool ready = false;
  {
    const LibraryOpener opener(options.registry);
    ready = gst_init_check(nullptr, nullptr, &raw_error);
  }
  const GErrorPtr error(raw_error);
  if (!ready) {
    return Error{ErrorCode::kInternal,
                 std::string("GStreamer can't start: ") + (error ? error->message : "no reason")};
  }
  return prune_registry(extra);
}

}  // namespace filmgate::worker
