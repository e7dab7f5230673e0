// Where the parts of an installation lie, for the daemon and the command line alike: beside the
// running program in a build tree (build/dev/bin, build/dev/plugins, the source's pipelines/), or
// under the prefix (libexec/filmgate, lib/gstreamer-1.0, share/filmgate/pipelines).
#pragma once

#include <string>
#include <vector>

#include "host/pipeline/catalogue.h"
#include "host/pipeline/description.h"
#include "plugins/core/result.h"

namespace filmgate {

struct Installation {
  std::string worker_program;  // filmgate-worker
  std::string plugin_folder;   // holds libgstfilmgate.so
  std::string descriptions;    // holds review.json… and presets/
};

// From /proc/self/exe; FILMGATE_WORKER, FILMGATE_PLUGINS and FILMGATE_PIPELINES override. The error
// names the part that is missing and where it was looked for.
Result<Installation> find_installation();

// The elements of this machine, from `cache_folder` when it was written for the same worker and
// plugin files (size, mtime) before, else by asking the worker (about a second). "" = no cache.
Result<Catalogue> load_catalogue(const Installation& installation, const std::string& cache_folder);

// One description file; presets come from the folder `presets/` beside it, else the installed ones.
Result<Description> load_description(const std::string& path, const Installation& installation);

// All *.json of a folder, in the order of their names, each checked against the catalogue. All
// problems, a sentence each, in the error.
Result<std::vector<Description>> load_descriptions(const std::string& folder,
                                                   const Installation& installation,
                                                   const Catalogue& catalogue);

}  // namespace filmgate
