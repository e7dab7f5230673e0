#include "host/worker/process/request.h"

#include "host/base/file.h"

namespace filmgate::worker {

namespace {

Error bad(const std::string& what) {
  return {ErrorCode::kInvalidInput, "the worker's request is not understood: " + what};
}

Result<Stage> parse_stage(const std::string& text) {
  if (text == "inspect") return Stage::kInspect;
  if (text == "probe") return Stage::kProbe;
  if (text == "renditions") return Stage::kRenditions;
  if (text == "thumbnails") return Stage::kThumbnails;
  return bad("there is no stage \"" + text + "\" (inspect, probe, renditions, thumbnails)");
}

Result<StageLimits> parse_limits(const Json& json) {
  StageLimits limits;
  limits.wall_ms = json.get("wall_ms").integer_or(0);
  limits.stall_ms = json.get("stall_ms").integer_or(0);
  limits.memory_bytes = json.get("memory_bytes").integer_or(0);
  limits.output_bytes = json.get("output_bytes").integer_or(0);
  limits.pixels = json.get("pixels").integer_or(0);
  limits.side = static_cast<int>(json.get("side").integer_or(0));
  limits.streams = static_cast<int>(json.get("streams").integer_or(0));
  limits.framerate = json.get("framerate").number_or(0);
  limits.duration_s = json.get("duration_s").number_or(0);
  if (limits.wall_ms <= 0 || limits.stall_ms <= 0 || limits.memory_bytes <= 0 ||
      limits.output_bytes <= 0 || limits.pixels <= 0 || limits.side <= 0 || limits.streams <= 0 ||
      limits.framerate <= 0 || limits.duration_s <= 0) {
    return bad("every limit must be given and above 0");
  }
  return limits;
}

Result<VerifyEntry> parse_verify(const Json& json) {
  VerifyEntry entry;
  entry.name = json.get("name").string_or("");
  entry.file = json.get("file").string_or("");
  if (entry.name.empty()) return bad("an entry of \"verify\" has no name");
  if (!is_safe_relative(entry.file)) {
    return bad("the file of \"" + entry.name + "\" must be a plain path in the work folder");
  }
  entry.video = json.get("video").bool_or(true);
  entry.audio = json.get("audio").bool_or(true);
  entry.width = static_cast<int>(json.get("width").integer_or(0));
  entry.height = static_cast<int>(json.get("height").integer_or(0));
  return entry;
}

}  // namespace

Result<Request> parse_request(const std::string& text) {
  Result<Json> json = parse_json(text, "request");
  if (!json) return json.error();
  Request request;
  Result<Stage> stage = parse_stage(json->get("stage").string_or(""));
  if (!stage) return stage.error();
  request.stage = *stage;
  request.launch = json->get("launch").string_or("");
  if (request.launch.empty()) return bad("it has no \"launch\" text");
  request.name = json->get("name").string_or("the input");
  if (const Json::Array* elements = json->get("elements").if_array()) {
    for (const Json& element : *elements) request.elements.push_back(element.string_or(""));
  }
  Result<StageLimits> limits = parse_limits(json->get("limits"));
  if (!limits) return limits.error();
  request.limits = *limits;
  if (const Json::Array* verify = json->get("verify").if_array()) {
    for (const Json& item : *verify) {
      Result<VerifyEntry> entry = parse_verify(item);
      if (!entry) return entry.error();
      request.verify.push_back(std::move(*entry));
    }
  }
  request.insecure = json->get("insecure").bool_or(false);
  return request;
}

}  // namespace filmgate::worker
