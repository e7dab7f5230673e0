#include "host/model/event_chain.h"
#include "tests/store/store_fixture.h"

namespace filmgate {

std::string first_schema_history() {
  std::string sql =
      "INSERT INTO asset (id, revision, name, title, description, description_sha256, state, "
      "detail,"
      " source_path, source_size, source_mtime_ns, source_inode, source_sha256, sidecar_path,"
      " sidecar_sha256, output_path, created_ms, updated_ms, wake_ms) VALUES ('old', 1, 'clip.mp4',"
      " '', 'web', '', 'rejected', 'too long', 'rejected/clip.mp4', 1, 1, 1, '', '', '', '', 1, 1, "
      "0);";
  Event event;
  event.asset_id = "old";
  for (const auto& [kind, data] :
       {std::pair("asset.received", Json::object({{"name", "clip.mp4"}})),
        std::pair(
            "asset.state",
            Json::object({{"from", "received"}, {"to", "rejected"}, {"detail", "too long"}}))}) {
    ++event.number;
    event.kind = kind;
    event.data = data;
    event.previous_hash = event.hash;
    event.hash = event_hash(event);
    sql +=
        "INSERT INTO event (asset_id, number, kind, at_ms, data, previous_hash, hash) VALUES"
        " ('old', " +
        std::to_string(event.number) + ", '" + event.kind + "', 0, '" + to_text(event.data) +
        "', '" + event.previous_hash + "', '" + event.hash + "');";
  }
  return sql;
}

}  // namespace filmgate
