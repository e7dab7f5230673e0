// What GStreamer elements exist on this machine and what they can be told, as plain data. Written
// by `filmgate-worker --introspect`, so that this room and the daemon never load a plugin.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate {

struct PropertyInfo {
  std::string type;  // boolean, int, uint, int64, uint64, float, double, string, enum, flags,
                     // fraction, other
  bool writable = true;
  std::optional<double> minimum, maximum;
  std::vector<std::string> values;  // nicks of an enum or flags
};

struct PadTemplateInfo {
  std::string direction;                 // sink or src
  std::string presence;                  // always, sometimes, request
  std::vector<std::string> media_types;  // caps structure names; "ANY" for any caps
};

struct ElementInfo {
  std::string name;
  std::string klass;  // "Codec/Encoder/Video"
  std::map<std::string, PropertyInfo> properties;
  std::vector<PadTemplateInfo> pads;
};

class Catalogue {
 public:
  // {"elements": {"x264enc": {"klass": "…", "properties": {"bitrate": {"type": "uint", "minimum":
  // 1,
  //  "maximum": 2048000, "writable": true, "values": []}}, "pads": [{"direction": "sink",
  //  "presence": "always", "media_types": ["video/x-raw"]}]}}}
  static Result<Catalogue> from_json(const Json& document);
  const ElementInfo* find(const std::string& element) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, ElementInfo> elements_;
};

}  // namespace filmgate
