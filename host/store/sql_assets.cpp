#include <algorithm>

#include "host/base/id.h"
#include "host/model/summary.h"
#include "host/store/sql_store.h"

namespace filmgate {
namespace {

using sql::Row;

constexpr const char* kColumns =
    "id, revision, name, description, description_sha256, state, detail, source_path, source_size,"
    " source_mtime_ns, source_inode, source_sha256, sidecar_path, sidecar_sha256, metadata, facts,"
    " output_path, moves, created_ms, updated_ms, wake_ms, upload_key, priority";

// An id is made before its row, which a database that is away holds up; and the clock may be set
// back in between.
constexpr int64_t kIdBeforeRowMs = 3'600'000;

// The states of is_final(), as the partial indexes of the schema say it.
constexpr const char* kNotFinal =
    " state NOT IN ('processed', 'rejected', 'unable_to_process', 'expired', 'cancelled')";

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
  asset.key = row.text();
  asset.priority = row.small();
  return asset;
}

constexpr const char* kSummaryColumns =
    "id, revision, name, title, description, state, detail, source_size, output_path, created_ms,"
    " updated_ms";

AssetSummary read_summary(Row& row) {
  AssetSummary summary;
  summary.id = row.text();
  summary.revision = row.small();
  summary.name = row.text();
  summary.title = row.text();
  summary.description = row.text();
  summary.state = row.name(asset_state_from);
  summary.detail = row.text();
  summary.size = row.integer();
  summary.output_path = row.text();
  summary.created_ms = row.integer();
  summary.updated_ms = row.integer();
  return summary;
}

std::string select(const std::string& rest) {
  return std::string("SELECT ") + kColumns + " FROM asset " + rest;
}

// NULL when there are none, which keeps the index of those that have some small.
Json moves_of(const Asset& asset) {
  return asset.moves.size() > 0 ? asset.moves : Json();
}

constexpr const char* kById = "WHERE id = $1";
constexpr const char* kUpdate =
    "UPDATE asset SET revision = $1, name = $2, title = $3, description = $4,"
    " description_sha256 = $5, state = $6, detail = $7, source_path = $8, source_size = $9,"
    " source_mtime_ns = $10, source_inode = $11, source_sha256 = $12, sidecar_path = $13,"
    " sidecar_sha256 = $14, metadata = $15, facts = $16, output_path = $17, moves = $18,"
    " updated_ms = $19, wake_ms = $20, upload_key = $21"
    " WHERE id = $22 AND state = $23";

sql::Values update_values(const Asset& asset, AssetState expected) {
  return sql::values_of(
      asset.revision, asset.name, title_of(asset), asset.description, asset.description_sha256,
      to_string(asset.state), asset.detail, asset.source.path, asset.source.size,
      asset.source.mtime_ns, asset.source.inode, asset.source.sha256, asset.sidecar_path,
      asset.sidecar_sha256, asset.metadata, asset.facts, asset.output_path, moves_of(asset),
      asset.updated_ms, asset.wake_ms, asset.key, asset.id, to_string(expected));
}

std::vector<sql::Values> each_alone(std::span<const std::string> values) {
  std::vector<sql::Values> sets;
  for (const std::string& value : values) sets.push_back(sql::values_of(value));
  return sets;
}

std::optional<int64_t> read_time(Row& row) {
  return row.if_integer();
}

template <typename Record>
Result<std::vector<Record>> page_of(sql::Connection& db, const AssetQuery& query,
                                    const char* columns, Record (*read)(Row&)) {
  // A statement of its own for each combination, so that each is planned for itself. The text is $1
  // and the cursor $2, for that is how they come in the search of some databases.
  sql::TextSearch search{.from = "asset", .order = "id"};
  std::string where;
  std::vector<sql::Value> values;
  const auto narrow = [&](const std::string& condition) {
    if (!condition.empty()) where += (where.empty() ? " WHERE " : " AND ") + condition;
  };
  const auto next = [&](const std::string& value) {
    values.push_back(sql::to_value(value));
    return "$" + std::to_string(values.size());
  };
  if (!query.text.empty()) {
    search = db.dialect().find_text(query.text, !query.before.empty());
    next(search.value);
    narrow(search.condition);
  }
  if (!query.before.empty()) narrow("id < " + next(query.before));
  if (query.state) narrow("state = " + next(to_string(*query.state)));
  if (query.open) narrow(kNotFinal);
  if (!query.description.empty()) {
    // Most assets are processed. Of the others there are few, and the index of their state finds
    // them sooner than that of the description, which an expression keeps from being used.
    const bool few = query.open || (query.state && *query.state != AssetState::kProcessed);
    narrow((few ? "description || '' = " : "description = ") + next(query.description));
  }
  if (query.since_ms > 0) {
    // The first says how far the index of ids has to be read.
    narrow("id >= " + next(first_id_at(query.since_ms - kIdBeforeRowMs)));
    values.push_back(sql::to_value(query.since_ms));
    narrow("created_ms >= $" + std::to_string(values.size()));
  }
  values.push_back(sql::to_value(std::max(query.limit, 0)));
  return db.all_of(read,
                   std::string("SELECT ") + columns + " FROM " + search.from + where +
                       " ORDER BY " + search.order + " DESC LIMIT $" +
                       std::to_string(values.size()),
                   values);
}

}  // namespace

Result<void> SqlTransaction::insert_assets(std::span<const Asset* const> assets) {
  std::vector<sql::Values> rows;
  for (const Asset* const asset : assets) {
    rows.push_back(sql::values_of(
        asset->id, asset->revision, asset->name, title_of(*asset), asset->description,
        asset->description_sha256, to_string(asset->state), asset->detail, asset->source.path,
        asset->source.size, asset->source.mtime_ns, asset->source.inode, asset->source.sha256,
        asset->sidecar_path, asset->sidecar_sha256, asset->metadata, asset->facts,
        asset->output_path, moves_of(*asset), asset->created_ms, asset->updated_ms, asset->wake_ms,
        asset->key, asset->priority));
  }
  return insert_once(
      db_,
      "INSERT INTO asset (id, revision, name, title, description, description_sha256, state,"
      " detail, source_path, source_size, source_mtime_ns, source_inode, source_sha256,"
      " sidecar_path, sidecar_sha256, metadata, facts, output_path, moves, created_ms, updated_ms,"
      " wake_ms, upload_key, priority)",
      std::move(rows), [&](size_t which) {
        return "the asset " + assets[which]->id + ", or another one of " +
               assets[which]->source.path + ",";
      });
}

Result<void> SqlTransaction::update_asset(const Asset& asset, AssetState expected) {
  if (asset.state != expected && !may_follow(expected, asset.state)) {
    return Error{ErrorCode::kInternal, "asset " + asset.id + " may not go from " +
                                           to_string(expected) + " to " + to_string(asset.state)};
  }
  auto changed =
      db_.execute(kUpdate, update_values(asset, expected), [](Row&) { return Result<void>(); });
  if (!changed.ok()) return changed.error();
  return check_updated(asset, expected, *changed);
}

Result<void> SqlTransaction::edit_assets(std::span<const Asset> assets) {
  std::vector<sql::Values> rows;
  for (const Asset& asset : assets) rows.push_back(update_values(asset, asset.state));
  auto changed = db_.run_each(kUpdate, rows);
  if (!changed.ok()) return changed.error();
  for (size_t which = 0; which < assets.size(); ++which) {
    FILMGATE_TRY(check_updated(assets[which], assets[which].state, (*changed)[which]));
  }
  return {};
}

Result<void> SqlTransaction::check_updated(const Asset& asset, AssetState expected,
                                           int64_t changed) {
  if (changed == 1) return {};
  auto present = this->asset(asset.id);
  if (!present.ok()) return present.error();
  if (!present->has_value()) {
    return Error{ErrorCode::kNotFound, "there is no asset " + asset.id};
  }
  return Error{ErrorCode::kConflict, "asset " + asset.id + " is no longer " + to_string(expected) +
                                         ", it is " + to_string((*present)->state)};
}

Result<std::optional<Asset>> SqlTransaction::asset(const std::string& id) {
  return db_.one(read_asset, select(kById), id);
}

Result<std::vector<std::optional<Asset>>> SqlTransaction::assets(std::span<const std::string> ids) {
  return db_.one_of_each(read_asset, select(kById), each_alone(ids));
}

Result<std::vector<std::optional<Asset>>> SqlTransaction::assets_by_path(
    std::span<const std::string> paths) {
  const auto values = each_alone(paths);
  auto found = db_.one_of_each(
      read_asset,
      select(std::string("WHERE source_path = $1 AND source_path <> '' AND") + kNotFinal), values);
  if (!found.ok()) return found;
  auto by_sidecar =
      db_.one_of_each(read_asset,
                      select(std::string("WHERE sidecar_path = $1 AND sidecar_path <> '' AND") +
                             kNotFinal + " ORDER BY id LIMIT 1"),
                      values);
  if (!by_sidecar.ok()) return by_sidecar;
  for (size_t which = 0; which < paths.size(); ++which) {
    if (!(*found)[which]) (*found)[which] = std::move((*by_sidecar)[which]);
  }
  return found;
}

Result<std::vector<std::optional<Asset>>> SqlTransaction::assets_by_key(
    std::span<const std::string> keys) {
  if (std::all_of(keys.begin(), keys.end(), [](const auto& key) { return key.empty(); })) {
    return std::vector<std::optional<Asset>>(keys.size());
  }
  return db_.one_of_each(
      read_asset, select("WHERE upload_key = $1 AND upload_key <> '' ORDER BY id DESC LIMIT 1"),
      each_alone(keys));
}

Result<std::vector<Asset>> SqlTransaction::assets(const AssetQuery& query) {
  return page_of(db_, query, kColumns, read_asset);
}

Result<std::vector<AssetSummary>> SqlTransaction::list(const AssetQuery& query) {
  return page_of(db_, query, kSummaryColumns, read_summary);
}

Result<std::vector<Asset>> SqlTransaction::assets_with_moves() {
  return db_.all(read_asset, select("WHERE moves IS NOT NULL ORDER BY id"));
}

Result<std::vector<Asset>> SqlTransaction::assets_to_wake(int64_t now_ms, int limit) {
  return db_.all(read_asset,
                 select("WHERE wake_ms > 0 AND wake_ms <= $1 ORDER BY wake_ms LIMIT $2"), now_ms,
                 std::max(limit, 0));
}

Result<std::optional<int64_t>> SqlTransaction::next_wake_ms(int64_t after_ms) {
  // Each part is one look into an index; of the outbox only the first of each endpoint counts, as
  // the others wait behind it.
  auto earliest =
      db_.one(read_time,
              "SELECT min(due) FROM ("
              " SELECT min(wake_ms) AS due FROM asset WHERE wake_ms > 0 AND wake_ms > $1"
              " UNION ALL SELECT min(run_at_ms) FROM job WHERE state = 'ready' AND run_at_ms > $1"
              " UNION ALL SELECT min(lease_until_ms) FROM job"
              "  WHERE state = 'leased' AND lease_until_ms > $1"
              " UNION ALL SELECT min(not_before_ms) FROM outbox WHERE not_before_ms > $1 AND seq IN"
              "  (SELECT min(seq) FROM outbox WHERE state = 'waiting' GROUP BY endpoint)) AS times",
              after_ms);
  if (!earliest.ok()) return earliest.error();
  return earliest->value_or(std::nullopt);
}

Result<bool> SqlTransaction::reserve_output(const std::string& path, const std::string& asset_id) {
  auto inserted = db_.run(
      "INSERT INTO output_reservation (path, asset_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      path, asset_id);
  if (!inserted.ok()) return inserted.error();
  if (*inserted == 1) return true;
  const auto read_text = +[](Row& row) { return row.text(); };
  auto holder = db_.one(read_text, "SELECT asset_id FROM output_reservation WHERE path = $1", path);
  if (!holder.ok()) return holder.error();
  return *holder == asset_id;
}

}  // namespace filmgate
