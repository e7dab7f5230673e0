// The console: list of assets, one asset, and the files of the pages.
#include "host/http/pages.h"

#include "host/http/assets.h"
#include "host/http/file_stream.h"
#include "host/http/routes.h"
#include "host/http/words.h"
#include "host/model/personal.h"

namespace filmgate::http {
namespace {

namespace mustache = kainjow::mustache;

constexpr int kPage = 50;
constexpr size_t kMaxEvents = 200;

constexpr AssetState kShownStates[] = {
    AssetState::kWaitingMetadata,  AssetState::kInspecting,  AssetState::kProbing,
    AssetState::kAwaitingApproval, AssetState::kTranscoding, AssetState::kProcessed,
    AssetState::kRejected,         AssetState::kFailed,      AssetState::kUnableToProcess,
    AssetState::kExpired,          AssetState::kCancelled,
};

bool is_working(AssetState state) {
  return state == AssetState::kInspecting || state == AssetState::kProbing ||
         state == AssetState::kTranscoding;
}

PageData rows_of(const Rows& rows) {
  PageData list{mustache::data::type::list};
  for (const auto& [label, value] : rows) {
    PageData row;
    row.set("label", label);
    row.set("value", value);
    list << row;
  }
  return list;
}

void set_text(PageData& data, const char* key, const std::string& text) {
  if (!text.empty()) data.set(key, text);
}

bool may_operate(const Exchange& exchange) {
  return exchange.caller == nullptr || exchange.caller->role >= Role::kOperator;
}

std::string escaped_query(const std::string& text) {
  char* const escaped = g_uri_escape_string(text.c_str(), nullptr, FALSE);
  std::string result = escaped;
  g_free(escaped);
  return result;
}

std::string list_address(const std::string& state, const std::string& text,
                         const std::string& cursor) {
  std::string query;
  const auto add = [&query](const char* name, const std::string& value) {
    if (!value.empty()) query += (query.empty() ? "?" : "&") + std::string(name) + "=" + value;
  };
  add("state", state);
  add("text", escaped_query(text));
  add("cursor", escaped_query(cursor));
  return "/" + query;
}

PageData chips(const std::string& chosen, const std::string& text) {
  PageData list{mustache::data::type::list};
  const auto add = [&](const std::string& state, const std::string& label) {
    PageData chip;
    chip.set("href", list_address(state, text, ""));
    chip.set("label", label);
    chip.set("current", state == chosen);
    list << chip;
  };
  add("", "all");
  for (const AssetState state : kShownStates) {
    add(to_string(state), state_in_words(to_string(state)));
  }
  return list;
}

PageData row_of(const AssetSummary& asset) {
  PageData row;
  row.set("id", asset.id);
  row.set("name", asset.name);
  set_text(row, "title", asset.title);
  row.set("state", std::string(to_string(asset.state)));
  row.set("state_words", state_in_words(to_string(asset.state)));
  set_text(row, "detail", asset.detail);
  row.set("working", is_working(asset.state));
  row.set("size", describe_size(asset.size));
  row.set("updated", moment_in_words(asset.updated_ms));
  row.set("updated_iso", format_time(asset.updated_ms));
  return row;
}

// For operators with the button that pauses or resumes it.
PageData lane_row(const LaneState& lane, const std::string& nonce) {
  const std::string name = to_string(lane.lane);
  PageData row;
  row.set("name", name);
  row.set("paused", lane.paused);
  row.set("words", std::to_string(lane.running) + " of " + std::to_string(lane.slots) +
                       (lane.slots == 1 ? " runs, " : " run, ") + std::to_string(lane.waiting) +
                       (lane.waiting == 1 ? " waits" : " wait"));
  row.set("verb", std::string(lane.paused ? "resume" : "pause"));
  row.set("button", std::string(lane.paused ? "Resume " : "Pause ") + name);
  set_text(row, "nonce", nonce);
  return row;
}

std::string event_in_words(const Event& event) {
  const Json data = told(event);
  const std::string to = data.get("to").string_or("");
  std::string words = state_in_words(event.kind);
  std::replace(words.begin(), words.end(), '.', ' ');
  const auto add = [&](const std::string& text) {
    if (!text.empty()) words += ": " + text;
  };
  if (event.kind.starts_with("job.")) {
    const std::string variant = data.get("variant").string_or("");
    add(data.get("kind").string_or("") + (variant.empty() ? "" : " " + variant));
  }
  add(event.kind == "asset.state" ? state_in_words(to) : to);  // else a path, as it is
  if (const auto number = data.get("to").if_integer()) add(std::to_string(*number));
  add(data.get("decision").string_or(""));
  add(data.get("error").string_or(data.get("detail").string_or("")));
  return words;
}

std::string output_in_words(const Output& output) {
  std::string words = output.media_type;
  const auto width = output.info.get("width").if_integer();
  const auto height = output.info.get("height").if_integer();
  if (width.value_or(0) > 0 && height.value_or(0) > 0) {
    words = std::to_string(*width) + " × " + std::to_string(*height) + ", " + words;
  }
  return words;
}

PageData tables_of(const AssetView& view, const std::vector<Event>& events, PageData data) {
  PageData outputs{mustache::data::type::list};
  for (const Output& output : view.outputs) {
    PageData row;
    row.set("name", output.name);
    row.set("what", output_in_words(output));
    row.set("size", describe_size(output.size));
    outputs << row;
  }
  data.set("has_outputs", !view.outputs.empty());
  data.set("outputs", outputs);
  data.set("output_path", view.asset.output_path);
  PageData jobs{mustache::data::type::list};
  for (const Job& job : view.jobs) {
    PageData row;
    row.set("name",
            std::string(to_string(job.kind)) + (job.variant.empty() ? "" : " " + job.variant));
    row.set("state", std::string(to_string(job.state)));
    row.set("state_words", state_in_words(to_string(job.state)));
    row.set("attempts", std::to_string(job.attempt) + " of " + std::to_string(job.max_attempts));
    set_text(row, "error", job.state == JobState::kDone ? "" : job.error);
    jobs << row;
  }
  data.set("has_jobs", !view.jobs.empty());
  data.set("jobs", jobs);
  PageData history{mustache::data::type::list};
  for (size_t i = events.size(); i-- > 0 && events.size() - i <= kMaxEvents;) {
    PageData row;
    row.set("iso", format_time(events[i].at_ms));
    row.set("when", clock_in_words(events[i].at_ms));
    row.set("what", event_in_words(events[i]));
    history << row;
  }
  data.set("events", history);
  return data;
}

std::string preview_address(const AssetView& view, const char* name) {
  for (const Output& output : view.outputs) {
    if (output.name == name) return "/v1/assets/" + view.asset.id + "/outputs/" + name;
  }
  for (const Output& preview : view.previews) {
    if (preview.name == name) return "/assets/" + view.asset.id + "/previews/" + name;
  }
  return "";
}

struct Console {
  std::vector<AssetSummary> assets;
  std::string intake;  // in words; "" at full pace
  std::vector<LaneState> lanes;
};

Result<Console> look_at_console(Engine& engine, const AssetQuery& query) {
  auto assets = engine.list(query);
  if (!assets) return assets.error();
  auto lanes = engine.lanes();
  if (!lanes) return lanes.error();
  return Console{*std::move(assets), engine.intake().detail, *std::move(lanes)};
}

std::string render_asset(App& app, const Exchange& exchange, const AssetView& view,
                         const std::vector<Event>& events) {
  const Asset& asset = view.asset;
  const bool operates = may_operate(exchange);
  PageData data = row_of(summary_of(asset));
  set_text(data, "waits_for", view.waits_for);
  data.set("page_title", asset.name + " · Filmgate");
  data.set("console", true);
  data.set("live", true);
  data.set("revision", std::to_string(asset.revision));
  data.set("description", asset.description);
  data.set("nonce", app.links.nonce("/assets/" + asset.id, app.parts.clock.now_ms()));
  data.set("may_cancel", operates && !is_final(asset.state));
  data.set("may_retry", operates && (asset.state == AssetState::kFailed ||
                                     asset.state == AssetState::kUnableToProcess ||
                                     asset.state == AssetState::kRejected));
  if (view.approval && view.approval->state == "pending") {
    data.set("review", "/review/" + app.links.token(*view.approval, exchange.caller_name()));
  }
  set_text(data, "poster", preview_address(view, "poster"));
  set_facts(data, asset.facts);
  return render("asset.html", tables_of(view, events, data));
}

}  // namespace

void set_facts(PageData& data, const Json& facts) {
  const Rows metadata = metadata_in_words(facts);
  const Rows measures = measures_in_words(facts);
  const std::vector<std::string> findings = findings_in_words(facts);
  data.set("media", rows_of(media_in_words(facts)));
  data.set("has_metadata", !metadata.empty());
  data.set("metadata", rows_of(metadata));
  data.set("has_measures", !measures.empty());
  data.set("measures", rows_of(measures));
  PageData list{mustache::data::type::list};
  for (const std::string& finding : findings) {
    PageData row;
    row.set("text", finding);
    list << row;
  }
  data.set("has_findings", !findings.empty());
  data.set("findings", list);
}

std::string render(const char* name, PageData data) {
  for (const char* part : {"head", "foot", "facts"}) {
    data.set(part,
             mustache::partial{[part] { return std::string(asset(std::string(part) + ".html")); }});
  }
  mustache::mustache page{std::string(asset(name))};
  return page.render(data);
}

std::string message_page(const std::string& title, const std::string& text) {
  PageData data;
  data.set("page_title", title + " · Filmgate");
  data.set("title", title);
  data.set("text", text);
  return render("message.html", data);
}

void console_page(App& app, const ExchangePtr& exchange, const Params&) {
  AssetQuery query;
  query.text = exchange->query("text");
  query.before = exchange->query("cursor");
  query.limit = kPage + 1;
  const std::string state = exchange->query("state");
  query.state = asset_state_from(state);
  if (!state.empty() && !query.state) {
    return exchange->problem(400, "There is no state \"" + state + "\".");
  }
  const std::string nonce =
      may_operate(*exchange) ? app.links.nonce("/", app.parts.clock.now_ms()) : "";
  using Answer = Result<Console>;
  app.ask<Answer>(
      exchange, [query](Engine& engine) { return look_at_console(engine, query); },
      [exchange, state, text = query.text, nonce](const Answer& console) {
        if (!console) return exchange->problem(console.error());
        const std::vector<AssetSummary>* const found = &console->assets;
        PageData lanes{mustache::data::type::list};
        for (const LaneState& lane : console->lanes) lanes << lane_row(lane, nonce);
        PageData data;
        data.set("lanes", lanes);
        set_text(data, "intake", console->intake);
        data.set("page_title", "Assets · Filmgate");
        data.set("console", true);
        data.set("live", true);
        data.set("text", text);
        set_text(data, "state", state);
        data.set("states", chips(state, text));
        data.set("filtered", !state.empty() || !text.empty());
        PageData rows{mustache::data::type::list};
        for (size_t i = 0; i < std::min<size_t>(kPage, found->size()); ++i) {
          rows << row_of((*found)[i]);
        }
        data.set("any", !found->empty());
        data.set("assets", rows);
        if (found->size() > kPage) {
          data.set("next", list_address(state, text, (*found)[kPage - 1].id));
        }
        exchange->reply(200, "text/html; charset=utf-8", render("console.html", data));
      });
}

void asset_page(App& app, const ExchangePtr& exchange, const Params& params) {
  using Answer = Result<std::pair<AssetView, std::vector<Event>>>;
  app.ask<Answer>(
      exchange,
      [id = params[0]](Engine& engine) -> Answer {
        auto view = engine.view(id);
        if (!view) return view.error();
        auto events = engine.events(id);
        if (!events) return events.error();
        return std::pair(*std::move(view), *std::move(events));
      },
      [&app, exchange](const Answer& answer) {
        if (!answer) return exchange->problem(answer.error());
        exchange->reply(200, "text/html; charset=utf-8",
                        render_asset(app, *exchange, answer->first, answer->second));
      });
}

void preview_image(App& app, const ExchangePtr& exchange, const Params& params) {
  using Answer = Result<AssetView>;
  app.ask<Answer>(
      exchange, [id = params[0]](Engine& engine) { return engine.view(id); },
      [&app, exchange, name = params[1]](const Answer& view) {
        if (!view) return exchange->problem(view.error());
        for (const Output& preview : view->previews) {
          if (preview.name != name) continue;
          return send_file(exchange, app.parts.library.absolute(preview.path), preview.media_type,
                           preview.sha256);
        }
        exchange->problem(404, view->asset.name + " has no preview named " + name + ".");
      });
}

void static_file(App&, const ExchangePtr& exchange, const Params& params) {
  static const std::map<std::string, const char*> kTypes = {
      {"filmgate.css", "text/css; charset=utf-8"},
      {"console.js", "text/javascript; charset=utf-8"},
      {"icon.svg", "image/svg+xml"}};
  const auto type = kTypes.find(params[0]);
  if (type == kTypes.end()) return exchange->problem(404, "There is no such file.");
  exchange->set_header("Cache-Control", "private, max-age=300");
  exchange->reply(200, type->second, std::string(asset(params[0])));
}

}  // namespace filmgate::http
