#include "host/store/sql_store.h"

namespace filmgate {
namespace {

using sql::Row;

#define FILMGATE_SELECT_APPROVAL                                                                 \
  "SELECT id, asset_id, revision, state, quorum, reviewers, created_ms, expires_ms, decided_ms," \
  " decisions FROM approval "

Approval read_approval(Row& row) {
  Approval approval;
  approval.id = row.text();
  approval.asset_id = row.text();
  approval.revision = row.small();
  approval.state = row.text();
  approval.quorum = row.small();
  const Json reviewers = row.json();
  if (const Json::Array* names = reviewers.if_array()) {
    for (const Json& name : *names) approval.reviewers.push_back(name.string_or(""));
  }
  approval.created_ms = row.integer();
  approval.expires_ms = row.integer();
  approval.decided_ms = row.integer();
  approval.decisions = row.json();
  return approval;
}

Json reviewers_of(const Approval& approval) {
  Json names = Json::array();
  for (const std::string& reviewer : approval.reviewers) names.push_back(reviewer);
  return names;
}

}  // namespace

Result<void> SqlTransaction::insert_approval(const Approval& approval) {
  auto inserted = db_.run(
      "INSERT INTO approval (id, asset_id, revision, state, quorum, reviewers, created_ms,"
      " expires_ms, decided_ms, decisions) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)"
      " ON CONFLICT DO NOTHING",
      approval.id, approval.asset_id, approval.revision, approval.state, approval.quorum,
      reviewers_of(approval), approval.created_ms, approval.expires_ms, approval.decided_ms,
      approval.decisions);
  return once(inserted, "the approval " + approval.id + ", or another pending one of its asset,");
}

Result<void> SqlTransaction::update_approval(const Approval& approval,
                                             const std::string& expected) {
  auto changed = db_.run(
      "UPDATE approval SET state = $1, quorum = $2, reviewers = $3, expires_ms = $4, decided_ms = "
      "$5,"
      " decisions = $6 WHERE id = $7 AND state = $8",
      approval.state, approval.quorum, reviewers_of(approval), approval.expires_ms,
      approval.decided_ms, approval.decisions, approval.id, expected);
  if (!changed.ok()) return changed.error();
  if (*changed == 1) return {};
  auto present = this->approval(approval.id);
  if (!present.ok()) return present.error();
  if (!present->has_value()) {
    return Error{ErrorCode::kNotFound, "there is no approval " + approval.id};
  }
  return Error{ErrorCode::kConflict, "approval " + approval.id + " is no longer " + expected +
                                         ", it is " + (*present)->state};
}

Result<std::optional<Approval>> SqlTransaction::approval(const std::string& id) {
  return db_.one(read_approval, FILMGATE_SELECT_APPROVAL "WHERE id = $1", id);
}

Result<std::optional<Approval>> SqlTransaction::approval_of(const std::string& asset_id,
                                                            int revision) {
  return db_.one(read_approval,
                 FILMGATE_SELECT_APPROVAL
                 "WHERE asset_id = $1 AND revision = $2 ORDER BY id DESC LIMIT 1",
                 asset_id, revision);
}

Result<std::vector<Approval>> SqlTransaction::all_approvals_of(const std::string& asset_id) {
  return db_.all(read_approval,
                 FILMGATE_SELECT_APPROVAL "WHERE asset_id = $1 ORDER BY revision, id", asset_id);
}

}  // namespace filmgate
