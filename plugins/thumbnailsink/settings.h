// The properties of thumbnailsink, and what they ask for once they are checked.
#pragma once

#include <glib-object.h>

#include <optional>
#include <string>

#include "plugins/core/result.h"
#include "plugins/thumbnailsink/poster.h"
#include "plugins/thumbnailsink/series.h"
#include "plugins/thumbnailsink/sprites.h"

namespace filmgate::stills {

struct Settings {
  std::string poster_location;
  std::string location;
  std::string sprite_location;
  std::string vtt_location;
  uint64_t interval = 10'000'000'000;
  unsigned count = 0;
  int width = 0;
  int height = 0;
  StillType format = StillType::kAuto;
  int quality = 85;
  uint64_t sprite_interval = 5'000'000'000;
  unsigned sprite_count = 0;
  int sprite_columns = 5;
  int sprite_rows = 5;
  int sprite_width = 160;
  int sprite_height = 0;
};

GType format_type();
void install_settings(GObjectClass* object_class);

// False where there is no property of this id.
bool set_setting(Settings& settings, guint id, const GValue* value);
bool get_setting(const Settings& settings, guint id, GValue* value);

// The makers that the settings ask for. Takes frames in order; nothing appears before it is whole.
class Collector {
 public:
  // kInvalidInput for a pattern or name that can't work; errors of the system for folders that
  // aren't there or can't be written to.
  static Result<Collector> make(const Settings& settings);

  Result<void> take(const Frame& frame, const Announce& announce);
  void interrupt();
  // `length` of the media as told by its container, ns; 0 where the frames themselves tell it.
  Result<void> finish(const Announce& announce, uint64_t length);

 private:
  std::optional<Poster> poster_;
  std::optional<Series> series_;
  std::optional<Sprites> sprites_;
};

}  // namespace filmgate::stills
