#include <algorithm>

#include "host/store/sqlite_store.h"

namespace filmgate {
namespace {

using sqlite::Row;

constexpr const char* kColumns =
    "id, revision, name, description, description_sha256, state, detail, source_path, source_size,"
    " source_mtime_ns, source_inode, source_sha256, sidecar_path, sidecar_sha256, metadata, facts,"
    " output_path, moves, created_ms, updated_ms, wake_ms";

// The states of is_final(), as the partial indexes of the schema say it.
constexpr const char* kNotFinal =
    " state NOT IN ('processed', 'rejected', 'unable_to_process', 'expired', 'cancelled')";

// Trigrams can't find less.
constexpr size_t kShortestIndexedText = 3;

Asset read_asset(Row& row) {
  Asset asset;
  asset.id = row.text();
  asset.revision = row.small();
  asset.name = row.text();
  asset.description = row.text();
  asset.description_sha256 = row.text();
  asset.state = row.name(asset_state_from);
  asset.detail = row.text();
  asset.source.path = row.text();
  asset.source.size = row.integer();
  asset.source.mtime_ns = row.integer();
  asset.source.inode = row.bits();
  asset.source.sha256 = row.text();
  asset.sidecar_path = row.text();
  asset.sidecar_sha256 = row.text();
  asset.metadata = row.json();
  asset.facts = row.json();
  asset.output_path = row.text();
  asset.moves = row.json();
  asset.created_ms = row.integer();
  asset.updated_ms = row.integer();
  asset.wake_ms = row.integer();
  return asset;
}

std::string select(const std::string& rest) {
  return std::string("SELECT ") + kColumns + " FROM asset " + rest;
}

std::string title_of(const Asset& asset) {
  return asset.metadata.get("title").string_or("");
}

// NULL when there are none, which keeps the index of those that have some small.
Json moves_of(const Asset& asset) {
  return asset.moves.size() > 0 ? asset.moves : Json();
}

std::optional<int64_t> read_time(Row& row) {
  // min() of nothing is NULL, which reads as 0 after the flag beside it.
  const bool found = row.integer() != 0;
  const int64_t time = row.integer();
  return found ? std::optional(time) : std::nullopt;
}

size_t count_characters(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// As one phrase of FTS5, so that nothing in it is taken for an operator.
std::string quoted_phrase(std::string_view text) {
  std::string phrase = "\"";
  for (const char c : text) {
    if (c == '\0') continue;
    phrase += c;
    if (c == '"') phrase += c;
  }
  return phrase + '"';
}

std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '%';
}

}  // namespace

Result<void> SqliteTransaction::insert_asset(const Asset& asset) {
  auto inserted = db_.run(
      "INSERT INTO asset (id, revision, name, title, description, description_sha256, state,"
      " detail, source_path, source_size, source_mtime_ns, source_inode, source_sha256,"
      " sidecar_path, sidecar_sha256, metadata, facts, output_path, moves, created_ms, updated_ms,"
      " wake_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      asset.id, asset.revision, asset.name, title_of(asset), asset.description,
      asset.description_sha256, to_string(asset.state), asset.detail, asset.source.path,
      asset.source.size, asset.source.mtime_ns, asset.source.inode, asset.source.sha256,
      asset.sidecar_path, asset.sidecar_sha256, asset.metadata, asset.facts, asset.output_path,
      moves_of(asset), asset.created_ms, asset.updated_ms, asset.wake_ms);
  if (!inserted.ok()) return inserted.error();
  return {};
}

Result<void> SqliteTransaction::update_asset(const Asset& asset, AssetState expected) {
  if (asset.state != expected && !may_follow(expected, asset.state)) {
    return Error{ErrorCode::kInternal, "asset " + asset.id + " may not go from " +
                                           to_string(expected) + " to " + to_string(asset.state)};
  }
  auto changed = db_.run(
      "UPDATE asset SET revision = ?, name = ?, title = ?, description = ?,"
      " description_sha256 = ?, state = ?, detail = ?, source_path = ?, source_size = ?,"
      " source_mtime_ns = ?, source_inode = ?, source_sha256 = ?, sidecar_path = ?,"
      " sidecar_sha256 = ?, metadata = ?, facts = ?, output_path = ?, moves = ?, updated_ms = ?,"
      " wake_ms = ?"
      " WHERE id = ? AND state = ?",
      asset.revision, asset.name, title_of(asset), asset.description, asset.description_sha256,
      to_string(asset.state), asset.detail, asset.source.path, asset.source.size,
      asset.source.mtime_ns, asset.source.inode, asset.source.sha256, asset.sidecar_path,
      asset.sidecar_sha256, asset.metadata, asset.facts, asset.output_path, moves_of(asset),
      asset.updated_ms, asset.wake_ms, asset.id, to_string(expected));
  if (!changed.ok()) return changed.error();
  if (*changed == 1) return {};
  auto present = this->asset(asset.id);
  if (!present.ok()) return present.error();
  if (!present->has_value()) {
    return Error{ErrorCode::kNotFound, "there is no asset " + asset.id};
  }
  return Error{ErrorCode::kConflict, "asset " + asset.id + " is no longer " + to_string(expected) +
                                         ", it is " + to_string((*present)->state)};
}

Result<std::optional<Asset>> SqliteTransaction::asset(const std::string& id) {
  return db_.one(read_asset, select("WHERE id = ?"), id);
}

Result<std::optional<Asset>> SqliteTransaction::asset_by_path(const std::string& path) {
  if (path.empty()) return std::optional<Asset>();
  auto by_source = db_.one(
      read_asset,
      select(std::string("WHERE source_path = ? AND source_path <> '' AND") + kNotFinal), path);
  if (!by_source.ok() || by_source->has_value()) return by_source;
  return db_.one(read_asset,
                 select(std::string("WHERE sidecar_path = ? AND sidecar_path <> '' AND") +
                        kNotFinal + " ORDER BY id LIMIT 1"),
                 path);
}

Result<std::vector<Asset>> SqliteTransaction::assets(const AssetQuery& query) {
  // A statement of its own for each combination, so that SQLite plans each for itself.
  std::string where = "WHERE id < ?1";
  const bool indexed = count_characters(query.text) >= kShortestIndexedText;
  where += query.state ? " AND state = ?2" : " AND ?2 = ''";
  if (query.text.empty()) {
    where += " AND ?3 = ''";
  } else if (indexed) {
    where += " AND seq IN (SELECT rowid FROM asset_text WHERE asset_text MATCH ?3)";
  } else {
    where += " AND (name LIKE ?3 ESCAPE '\\' OR title LIKE ?3 ESCAPE '\\' OR id LIKE ?3)";
  }
  // Above every id, as these are lower-case hexadecimal digits.
  const std::string before = query.before.empty() ? "~" : query.before;
  const std::string text = query.text.empty() ? ""
                           : indexed          ? quoted_phrase(query.text)
                                              : like_pattern(query.text);
  return db_.all(read_asset, select(where + " ORDER BY id DESC LIMIT ?4"), before,
                 query.state ? to_string(*query.state) : "", text, std::max(query.limit, 0));
}

Result<std::vector<Asset>> SqliteTransaction::assets_with_moves() {
  return db_.all(read_asset, select("WHERE moves IS NOT NULL ORDER BY id"));
}

Result<std::vector<Asset>> SqliteTransaction::assets_to_wake(int64_t now_ms, int limit) {
  return db_.all(read_asset, select("WHERE wake_ms > 0 AND wake_ms <= ? ORDER BY wake_ms LIMIT ?"),
                 now_ms, std::max(limit, 0));
}

Result<std::optional<int64_t>> SqliteTransaction::next_wake_ms(int64_t after_ms) {
  // Each part is one look into an index; of the outbox only the first of each endpoint counts, as
  // the others wait behind it.
  auto earliest =
      db_.one(read_time,
              "SELECT min(due) IS NOT NULL, min(due) FROM ("
              " SELECT min(wake_ms) AS due FROM asset WHERE wake_ms > 0 AND wake_ms > ?1"
              " UNION ALL SELECT min(run_at_ms) FROM job WHERE state = 'ready' AND run_at_ms > ?1"
              " UNION ALL SELECT min(lease_until_ms) FROM job"
              "  WHERE state = 'leased' AND lease_until_ms > ?1"
              " UNION ALL SELECT min(not_before_ms) FROM outbox WHERE not_before_ms > ?1 AND seq IN"
              "  (SELECT min(seq) FROM outbox WHERE state = 'waiting' GROUP BY endpoint))",
              after_ms);
  if (!earliest.ok()) return earliest.error();
  return earliest->value_or(std::nullopt);
}

Result<bool> SqliteTransaction::reserve_output(const std::string& path,
                                               const std::string& asset_id) {
  auto inserted = db_.run(
      "INSERT INTO output_reservation (path, asset_id) VALUES (?, ?) ON CONFLICT DO NOTHING", path,
      asset_id);
  if (!inserted.ok()) return inserted.error();
  if (*inserted == 1) return true;
  const auto read_text = +[](Row& row) { return row.text(); };
  auto holder = db_.one(read_text, "SELECT asset_id FROM output_reservation WHERE path = ?", path);
  if (!holder.ok()) return holder.error();
  return *holder == asset_id;
}

}  // namespace filmgate
