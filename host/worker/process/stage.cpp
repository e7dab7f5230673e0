#include "host/worker/process/stage.h"

#include <cstdio>

#include "host/base/file.h"
#include "host/worker/process/coded_colours.h"
#include "host/worker/process/decoded_facts.h"
#include "host/worker/process/diagnosis.h"
#include "host/worker/process/faac_marker.h"
#include "host/worker/process/gst_json.h"
#include "host/worker/process/key_frames.h"
#include "host/worker/process/outputs.h"
#include "host/worker/process/picture_timing.h"
#include "host/worker/process/runner.h"
#include "host/worker/process/watch.h"
#include "host/worker/protocol.h"
#include "plugins/common/messages.h"

namespace filmgate::worker {

namespace {

constexpr JsonLimits kFactsLimits{.max_bytes = kMaxReportLine};

Failure internal(const std::string& message, const std::string& detail = "") {
  return {kClassInternal, message, "", detail};
}

// Of an error in the file helpers: a full disk and other I/O may pass.
Failure from_error(const Error& error) {
  const bool io = error.code == ErrorCode::kNoSpace || error.code == ErrorCode::kIo;
  return {io ? kClassIo : kClassInternal, error.message, "", ""};
}

class StageRun {
 public:
  StageRun(const Request& request, Reporter& reporter)
      : request_(request), reporter_(reporter), deadline_(request.limits) {}

  std::optional<Failure> run();

 private:
  std::optional<Failure> make_pipeline();
  std::optional<Failure> check_sources();
  bool handle_element(GstMessage* message);
  void handle_gate(const GstStructure* structure);
  void handle_probe(const GstStructure* structure);
  void report_progress(std::optional<double> position_s = std::nullopt);
  std::optional<Failure> play();
  std::optional<Failure> play_thumbnails();
  std::optional<Failure> judge_end() const;
  std::optional<Failure> finish_stills();
  std::optional<Failure> finish_renditions();

  const Request& request_;
  Reporter& reporter_;
  const Deadline deadline_;
  // The watch is told of streams by the pipeline, so it is made first and dropped last.
  std::unique_ptr<StreamWatch> watch_;
  Ref<GstElement> pipeline_;
  // A pipeline that failed is left as it is; what watched it has to stay, too.
  std::vector<std::unique_ptr<StreamWatch>> left_behind_;
  std::optional<Failure> failure_;  // found while handling a message
  bool verdict_ = false;
  std::vector<Json> stills_;  // thumbnailsink's messages, one a file
  double position_ = -1, duration_ = -1;
};

std::optional<Failure> StageRun::make_pipeline() {
  // The text is what a person types after gst-launch-1.0, so it is taken apart as a shell does.
  GError* raw_error = nullptr;
  gchar** words = nullptr;
  if (g_shell_parse_argv(request_.launch.c_str(), nullptr, &words, &raw_error)) {
    pipeline_ = Ref<GstElement>::sink(gst_parse_launchv_full(
        const_cast<const gchar**>(words), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &raw_error));
    g_strfreev(words);
  }
  const GErrorPtr error(raw_error);
  if (error || !pipeline_) {
    return internal("the pipeline of this stage can't be made: " +
                        std::string(error ? error->message : "no reason given"),
                    request_.launch);
  }
  if (!GST_IS_BIN(pipeline_.get())) return internal("the pipeline has but one element");
  if (auto failure = check_sources()) return failure;
  hide_faac_markers(pipeline_.get());
  prefer_coded_colours(pipeline_.get());
  time_pictures(pipeline_.get());
  watch_ = std::make_unique<StreamWatch>(
      pipeline_.get(), request_.limits, [this](const Failure& failure) { reporter_.fail(failure); },
      [this] { reporter_.first_picture(); });
  return std::nullopt;
}

std::optional<Failure> StageRun::check_sources() {
  struct Seen {
    int inputs = 0;
    std::string other;
  } seen;
  GstIterator* sources = gst_bin_iterate_sources(GST_BIN(pipeline_.get()));
  const auto visit = [](const GValue* item, gpointer user) {
    auto* found = static_cast<Seen*>(user);
    auto* element = GST_ELEMENT(g_value_get_object(item));
    GstElementFactory* factory = gst_element_get_factory(element);
    const std::string_view name =
        factory ? gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(factory)) : "";
    if (name == "videotestsrc" || name == "audiotestsrc") return;
    int fd = -1;
    if (name == "fdsrc") g_object_get(element, "fd", &fd, nullptr);
    if (fd == kInputFd) {
      ++found->inputs;
    } else {
      found->other = name;
    }
  };
  gst_iterator_foreach(sources, visit, &seen);
  gst_iterator_free(sources);
  if (seen.inputs == 1 && seen.other.empty()) return std::nullopt;
  return internal("the pipeline's only source must be \"fdsrc fd=" + std::to_string(kInputFd) +
                      "\"" + (seen.other.empty() ? "" : ", but it has " + seen.other),
                  request_.launch);
}

void StageRun::handle_gate(const GstStructure* structure) {
  const char* verdict = gst_structure_get_string(structure, message::kVerdict);
  if (!verdict) return;
  if (const char* text = gst_structure_get_string(structure, message::kFacts)) {
    Result<Json> facts = parse_json(text, "metadatagate's facts", kFactsLimits);
    if (!facts) {
      failure_ = internal(facts.error().message);
      return;
    }
    reporter_.facts(std::move(*facts));
  }
  Json fields = fields_of(structure);
  Json* reasons = fields.find(message::kReasons);
  reporter_.verdict(verdict, reasons ? std::move(*reasons) : Json::array());
  verdict_ = true;
}

void StageRun::handle_probe(const GstStructure* structure) {
  const char* text = gst_structure_get_string(structure, message::kSummary);
  if (!text) return;
  Result<Json> summary = parse_json(text, "qualityprobe's summary", kFactsLimits);
  if (!summary) {
    failure_ = internal(summary.error().message);
    return;
  }
  // It is {"video": {…}} or {"audio": {…}} already.
  reporter_.facts(Json::object({{"quality", std::move(*summary)}}));
}

bool StageRun::handle_element(GstMessage* message) {
  if (auto missing = diagnose_missing_plugin(message)) {
    // Inspection only describes; what isn't decoded can't fail there.
    if (request_.stage == Stage::kInspect) return false;
    failure_ = missing;
    return true;
  }
  const GstStructure* structure = gst_message_get_structure(message);
  if (!structure) return false;
  const std::string_view name = gst_structure_get_name(structure);
  if (name != message::kMetadataGate && name != message::kQualityProbe &&
      name != message::kThumbnailSink) {
    return false;
  }
  const char* type = gst_structure_get_string(structure, message::kType);
  const std::string_view kind = type ? type : "";
  if (name == message::kMetadataGate && request_.stage == Stage::kInspect) {
    handle_gate(structure);
    return verdict_ || failure_;
  }
  if (name == message::kQualityProbe && kind == "summary") {
    handle_probe(structure);
    return failure_.has_value();
  }
  // A line for each frame would drown the host; what they add up to is in the summary.
  if (kind == "frame") return false;
  Json fields = fields_of(structure);
  if (name == message::kThumbnailSink && fields.find(message::kLocation)) {
    stills_.push_back(fields);
  }
  GstObject* source = GST_MESSAGE_SRC(message);
  reporter_.message(source ? GST_OBJECT_NAME(source) : "", std::string(name), std::move(fields));
  return false;
}

void StageRun::report_progress(std::optional<double> position_s) {
  gint64 value = 0;
  // The pipeline answers with its furthest sink, and sound is through long before the picture is.
  const auto picture = watch_->longest(true);
  if (position_s) {
    position_ = *position_s;
  } else if (picture && picture->end_s > 0) {
    position_ = picture->end_s;
  } else if (gst_element_query_position(pipeline_.get(), GST_FORMAT_TIME, &value) && value >= 0) {
    position_ = static_cast<double>(value) / GST_SECOND;
  }
  if (gst_element_query_duration(pipeline_.get(), GST_FORMAT_TIME, &value) && value > 0) {
    duration_ = static_cast<double>(value) / GST_SECOND;
  }
  reporter_.progress(position_, duration_);
}

std::optional<Failure> StageRun::judge_end() const {
  if (request_.stage != Stage::kInspect) return diagnose_decoded(*watch_);
  if (verdict_ || watch_->announced(true) || watch_->announced(false)) return std::nullopt;
  return Failure{kClassMedia, "no stream could be found in this file", "", ""};
}

std::optional<Failure> StageRun::finish_stills() {
  for (const Json& still : stills_) {
    Json info = Json::object();
    for (const char* field : {message::kWidth, message::kHeight}) {
      if (const Json* value = still.find(field)) info.set(field, *value);
    }
    const std::string file = still.get(message::kLocation).string_or("");
    Result<Json> output =
        seal_output(still.get(message::kType).string_or("image"), file, std::move(info));
    if (!output) return from_error(output.error());
    reporter_.output(std::move(*output));
  }
  return std::nullopt;
}

std::optional<Failure> StageRun::finish_renditions() {
  VerifyContext context;
  context.limits = request_.limits;
  context.deadline = &deadline_;
  context.source_video = watch_->longest(true);
  context.on_progress = [this] { reporter_.progress(position_, duration_); };
  for (const VerifyEntry& entry : request_.verify) {
    Json info;
    if (auto failure = verify_rendition(entry, context, info)) return failure;
    Result<Json> output = seal_output(entry.name, entry.file, std::move(info));
    if (!output) return from_error(output.error());
    reporter_.output(std::move(*output));
  }
  return std::nullopt;
}

std::optional<Failure> StageRun::play() {
  if (auto failure = make_pipeline()) return failure;
  RunHooks hooks;
  hooks.on_element = [this](GstMessage* message) { return handle_element(message); };
  hooks.on_progress = [this] { report_progress(); };
  return run_pipeline(pipeline_.get(), *watch_, request_.limits, deadline_, hooks);
}

// From a few key frames; where they are too few or can't be decoded, from all pictures.
std::optional<Failure> StageRun::play_thumbnails() {
  for (const auto decode : {KeyFrames::Decode::kKeyFrames, KeyFrames::Decode::kEverything}) {
    stills_.clear();
    if (watch_) left_behind_.push_back(std::move(watch_));
    if (auto failure = make_pipeline()) return failure;
    Result<std::unique_ptr<KeyFrames>> key_frames = KeyFrames::attach(pipeline_.get(), decode);
    if (!key_frames) return internal(key_frames.error().message, request_.launch);
    bool gave_up = false;
    RunHooks hooks;
    hooks.on_element = [&](GstMessage* message) {
      const KeyFrames::Step step = (*key_frames)->handle(message);
      gave_up = step == KeyFrames::Step::kGaveUp;
      return step == KeyFrames::Step::kNotMine ? handle_element(message) : gave_up;
    };
    hooks.on_progress = [&] { report_progress((*key_frames)->position_s()); };
    auto failure = run_pipeline(pipeline_.get(), *watch_, request_.limits, deadline_, hooks);
    const bool first = decode == KeyFrames::Decode::kKeyFrames;
    const bool undecodable = failure && failure->error_class == kClassMedia;
    if (!first || (!gave_up && !undecodable)) return failure;
  }
  return std::nullopt;
}

std::optional<Failure> StageRun::run() {
  const auto played = request_.stage == Stage::kThumbnails ? play_thumbnails() : play();
  if (played) return played;
  if (failure_) return failure_;
  if (auto failure = judge_end()) return failure;
  if (request_.stage == Stage::kProbe) {
    reporter_.facts(decoded_facts(watch_->tracks()));
  }
  if (auto failure = finish_stills()) return failure;
  return finish_renditions();
}

}  // namespace

std::optional<Failure> run_stage(const Request& request, Reporter& reporter) {
  return StageRun(request, reporter).run();
}

}  // namespace filmgate::worker
