// `filmgate`: descriptions checked and planned, one upload taken the whole way without a daemon,
// and a running daemon asked. Arguments here; what each command does in a file of its own.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "host/cli/commands.h"

using namespace filmgate::cli;

int main(int argc, char** argv) {
  CLI::App app{"Video intake: gate, probe, review, transcode, publish.", "filmgate"};
  app.set_version_flag("--version", "filmgate " FILMGATE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 published or done, 1 failure, 2 usage, 3 rejected, 4 waits for a person, for\n"
      "metadata or for room on the disk, 5 an audit found something, 130 interrupted.");

  std::vector<std::string> files;
  CLI::App* check_command = app.add_subcommand("check", "Check descriptions, with line numbers");
  check_command->add_option("FILE", files, "Description files")->required();

  PlanOptions planned;
  CLI::App* plan_command = app.add_subcommand(
      "plan", "Say what a description would make of an input, with a gst-launch line a stage");
  plan_command->add_option("FILE", planned.description, "Description file")->required();
  plan_command->add_option("INPUT", planned.input, "Video file")->required();
  plan_command->add_option("--metadata", planned.metadata,
                           "Sidecar (default: INPUT.json, or INPUT with .json for its suffix)");

  RunOptions asked;
  CLI::App* run_command =
      app.add_subcommand("run", "Take one input the whole way without a daemon");
  run_command->add_option("FILE", asked.description, "Description file")->required();
  run_command->add_option("INPUT", asked.input, "Video file; it is left as it is")->required();
  run_command->add_option("--metadata", asked.metadata,
                          "Sidecar (default: INPUT.json, or INPUT with .json for its suffix)");
  run_command->add_flag("--approve", asked.approve, "Approve where a person would have to");
  run_command->add_option("--output", asked.output, "Folder that receives the published folder")
      ->required();
  run_command->add_flag("--json", asked.json, "Events and the result as JSON lines on stdout");

  ThumbnailOptions stills;
  CLI::App* stills_command = app.add_subcommand(
      "thumbnails", "Make a poster and a sprite with WebVTT from the key frames they need");
  stills_command->add_option("INPUT", stills.input, "Video file")->required();
  stills_command->add_option("--output", stills.output, "Folder that receives the pictures")
      ->required();
  stills_command->add_flag("--poster", stills.poster, "Only poster.jpg (default: both)");
  stills_command->add_flag("--sprite", stills.sprite,
                           "Only sprite.jpg and sprite.vtt (default: both)");
  stills_command->add_option("--count", stills.count, "Tiles, spread over the whole")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  stills_command->add_option("--tile-width", stills.tile_width, "Width of a tile in pixels")
      ->check(CLI::Range(16, 1024))
      ->capture_default_str();
  stills_command
      ->add_option("--poster-width", stills.poster_width,
                   "Upper bound of the poster's width in pixels (0 = 1920)")
      ->check(CLI::Range(0, 8192));

  CLI::App* db_command = app.add_subcommand("db", "The store: its schema, its soundness, its rows")
                             ->require_subcommand(1);
  const auto add_store = [](CLI::App* command, StoreOptions& options) {
    command->add_option("--config", options.configuration,
                        "filmgated's configuration (default: /etc/filmgate/filmgated.conf)");
    command->add_option("--root", options.root, "The library's folder, instead of [library] root");
  };
  StoreOptions store;
  CLI::App* migrate_command = db_command->add_subcommand(
      "migrate", "Bring the schema up to date, as filmgated does when it starts");
  add_store(migrate_command, store);
  CLI::App* soundness_command = db_command->add_subcommand(
      "check", "Count the rows, look for those that belong to nothing, verify every history");
  add_store(soundness_command, store);
  CLI::App* export_command =
      db_command->add_subcommand("export", "Every row as a line of JSON, the secrets included");
  add_store(export_command, store);
  export_command->add_option("--output", store.output,
                             "File, for its owner only (default: stdout)");

  AuditOptions audited;
  bool every = false;
  CLI::App* audit_command = app.add_subcommand(
      "audit", "Verify an asset's history and compare what it tells with the rows of the store");
  CLI::Option* some = audit_command->add_option("ID", audited.ids, "Asset ids");
  audit_command->add_flag("--all", every, "Every asset")->excludes(some);
  audit_command->add_flag("--json", audited.json, "One line of JSON an asset");
  add_store(audit_command, audited.store);

  ServerOptions server;
  std::string id;
  Selection selection;
  ManyOptions many;
  const auto add_server = [&server](CLI::App* command) {
    command->add_option("--server", server.url, "Address of filmgated")
        ->envname("FILMGATE_SERVER")
        ->default_val("http://127.0.0.1:8470");
    command->add_option("--token-file", server.token_file, "File with a bearer token")
        ->envname("FILMGATE_TOKEN_FILE");
    command->add_flag("--json", server.json, "The server's JSON as it is");
  };
  CLI::App* status_command = app.add_subcommand(
      "status", "Say whether filmgated is ready and whether the disk has room for uploads");
  add_server(status_command);
  CLI::App* list_command = app.add_subcommand("ls", "List assets, newest first");
  add_server(list_command);
  const auto add_selection = [](CLI::App* command, Selection& chosen) {
    command->add_option("--state", chosen.state, "Only this state, e.g. awaiting_approval");
    command->add_option("--description", chosen.description, "Only those of this description");
    command->add_option("--since", chosen.since,
                        "Only those taken in since then: 2026-11-21T09:30:00Z, 2026-11-21, or how "
                        "long ago, as 12h or 3d");
    command->add_option("--text", chosen.text, "Only those with this text in name, title or id");
  };
  add_selection(list_command, selection);
  CLI::App* show_command = app.add_subcommand("show", "Show one asset with its jobs and outputs");
  add_server(show_command);
  show_command->add_option("ID", id, "Asset id")->required();
  const auto add_many = [&](CLI::App* command) {
    add_server(command);
    command->add_option("ID", many.ids, "Asset ids");
    add_selection(command, many.selection);
    command->add_flag("--dry-run", many.dry_run, "Only say which assets these are");
  };
  CLI::App* retry_command = app.add_subcommand(
      "retry",
      "Try assets again: those named, or all in --state failed, unable_to_process or "
      "rejected");
  add_many(retry_command);
  CLI::App* cancel_command = app.add_subcommand(
      "cancel", "Cancel assets: those named, or all that are selected and not final");
  add_many(cancel_command);

  std::vector<std::string> preferred;
  int priority = 0;
  CLI::App* prioritize_command = app.add_subcommand(
      "prioritize", "Let what waits of assets go before or after that of others");
  add_server(prioritize_command);
  prioritize_command->add_option("ID", preferred, "Asset ids")->required();
  prioritize_command->add_option("--to", priority, "The greater goes first; 0 is usual")
      ->required()
      ->check(CLI::Range(-1000, 1000));

  CLI::App* lane_command =
      app.add_subcommand("lane", "The lanes of work: light, probe, encode")->require_subcommand(1);
  CLI::App* lanes_command = lane_command->add_subcommand("ls", "Their slots and what waits there");
  add_server(lanes_command);
  std::string lane;
  const auto add_lane = [&](const char* name, const char* what) {
    CLI::App* command = lane_command->add_subcommand(name, what);
    add_server(command);
    command->add_option("NAME", lane, "light, probe or encode")
        ->required()
        ->check(CLI::IsMember({"light", "probe", "encode"}));
    return command;
  };
  CLI::App* pause_command =
      add_lane("pause", "Begin nothing more there; what runs is finished, uploads go on");
  CLI::App* resume_command = add_lane("resume", "Go on with what waits there");

  EraseOptions erased;
  CLI::App* erase_command = app.add_subcommand(
      "erase", "Remove what an asset says about people; its history still verifies");
  add_server(erase_command);
  erase_command->add_option("ID", erased.id, "Asset id")->required();
  erase_command->add_flag("--media", erased.media, "Its source and everything published as well");
  erase_command->add_flag("--yes", erased.yes, "Do it; there is no way back");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kPublished : kUsage;
  }
  if (*check_command) return check(files);
  if (*plan_command) return plan(planned);
  if (*run_command) return run(asked);
  if (*stills_command) return thumbnails(stills);
  if (*migrate_command) return migrate_database(store);
  if (*soundness_command) return check_database(store);
  if (*export_command) return export_database(store);
  if (*audit_command) {
    if (every == audited.ids.empty()) return audit_assets(audited);
    std::fprintf(stderr, "filmgate: audit needs the ids of assets, or --all\n");
    return kUsage;
  }
  if (*status_command) return show_status(server);
  if (*list_command) return list_assets(server, selection);
  if (*show_command) return show_asset(server, id);
  if (*prioritize_command) return prioritize_assets(server, preferred, priority);
  if (*lanes_command) return list_lanes(server);
  if (*pause_command) return change_lane(server, lane, "pause");
  if (*resume_command) return change_lane(server, lane, "resume");
  if (*erase_command) return erase_asset(server, erased);
  if (*retry_command) return retry_assets(server, many);
  return cancel_assets(server, many);
}
