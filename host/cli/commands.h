// The subcommands of `filmgate`. Each returns the exit code of the process.
#pragma once

#include <string>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate::cli {

// What scripts may rely on (docs/operations.md).
enum ExitCode {
  kPublished = 0,  // or simply: done
  kFailure = 1,
  kUsage = 2,
  kRejected = 3,  // reasons on stderr
  kWaits = 4,     // for a person, for metadata, or for room on the disk
  kDiffers = 5,   // an audit found something
  kInterrupted = 130,
};

// Prints "filmgate: MESSAGE" on stderr and gives the exit code that belongs to the error.
int report(const Error& error);

int check(const std::vector<std::string>& files);

struct PlanOptions {
  std::string description;
  std::string input;
  std::string metadata;  // path; "" = the sidecar beside the input, if any
};
int plan(const PlanOptions& options);

struct RunOptions {
  std::string description;
  std::string input;
  std::string metadata;
  std::string output;  // folder
  bool approve = false;
  bool json = false;
};
int run(const RunOptions& options);

struct ThumbnailOptions {
  std::string input;
  std::string output;   // folder
  bool poster = false;  // poster.jpg; both where neither is asked for
  bool sprite = false;  // sprite.jpg (sprite-2.jpg…) and sprite.vtt
  int count = 25;       // tiles, over the whole
  int tile_width = 160;
  int poster_width = 0;  // 0 = as the source, at most 1920
};
int thumbnails(const ThumbnailOptions& options);

// On the store itself, where filmgated's configuration says that it is.
struct StoreOptions {
  std::string configuration;  // "" = /etc/filmgate/filmgated.conf where it exists
  std::string root;           // instead of [library] root
  std::string output;         // of an export; "" = stdout
};
int migrate_database(const StoreOptions& options);
int check_database(const StoreOptions& options);
int export_database(const StoreOptions& options);

struct AuditOptions {
  StoreOptions store;
  std::vector<std::string> ids;  // none: every asset
  bool json = false;             // one line of JSON an asset
};
int audit_assets(const AuditOptions& options);

// Against a running filmgated.
struct ServerOptions {
  std::string url;         // "http://127.0.0.1:8470"
  std::string token_file;  // "" = none
  bool json = false;       // the server's answer as it is
};
int show_status(const ServerOptions& server);
// Which assets; what is "" leaves them all in.
struct Selection {
  std::string state;
  std::string description;
  std::string since;  // a time, a date, or how long ago: "2026-11-21T09:30:00Z", "3d"
  std::string text;
  bool empty() const {
    return state.empty() && description.empty() && since.empty() && text.empty();
  }
};
int list_assets(const ServerOptions& server, const Selection& selection);
int show_asset(const ServerOptions& server, const std::string& id);
// Those that are named, or those that are selected.
struct ManyOptions {
  std::vector<std::string> ids;
  Selection selection;
  bool dry_run = false;  // only say which
};
int retry_assets(const ServerOptions& server, const ManyOptions& options);
int cancel_assets(const ServerOptions& server, const ManyOptions& options);
int prioritize_assets(const ServerOptions& server, const std::vector<std::string>& ids,
                      int priority);
int list_lanes(const ServerOptions& server);
int change_lane(const ServerOptions& server, const std::string& name, const std::string& verb);
struct EraseOptions {
  std::string id;
  bool media = false;
  bool yes = false;  // without it nothing is done
};
int erase_asset(const ServerOptions& server, const EraseOptions& options);

}  // namespace filmgate::cli
