#include "plugins/core/rules.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "plugins/core/constraint.h"

namespace filmgate {
namespace {

constexpr int kMaxDepth = 16;

const std::vector<std::string>& combiners() {
  static const std::vector<std::string> kWords = {"all", "any", "not"};
  return kWords;
}

const std::vector<std::string>& roots() {
  static const std::vector<std::string> kWords = {"metadata", "media", "quality"};
  return kWords;
}

// As a requirement an absent fact is a "no"; as a trigger it is neither yes nor no, so that not
// even `not` turns it into a finding.
enum class Mode { kRequirement, kTrigger };
enum class Truth { kNo, kUnknown, kYes };

Truth opposite(Truth truth) {
  if (truth == Truth::kUnknown) return truth;
  return truth == Truth::kYes ? Truth::kNo : Truth::kYes;
}

// The value at a path, or null when there is none that counts.
const Json* fact_at(const Json& facts, const std::string& path) {
  const Json* value = facts.find_path(path);
  if (!value || value->is_null()) return nullptr;
  const std::optional<double> number = value->if_number();
  return number && !std::isfinite(*number) ? nullptr : value;
}

std::string joined_messages(const std::vector<Reason>& reasons, const char* separator) {
  std::string text;
  for (const Reason& reason : reasons) {
    if (!text.empty()) text += separator;
    text += reason.message;
  }
  return text;
}

}  // namespace

struct Rules::Node {
  enum class Kind { kAll, kAny, kNot, kLeaf };
  Kind kind = Kind::kAll;
  std::vector<Node> children;  // one for kNot, none for kLeaf
  std::string path;            // of a leaf; of a group that of its first leaf
  Constraint constraint;

  static Result<Node> read_object(const Json& rules, std::string_view source, int depth);
  static Result<Node> read_member(const Json::Member& member, std::string_view source, int depth);
  static Result<Node> read_group(const Json::Member& member, std::string_view source, int depth);

  Truth truth(const Json& facts, Mode mode) const;
  Truth leaf_truth(const Json& facts, Mode mode) const;
  void explain_failure(const Json& facts, Mode mode, std::vector<Reason>& out) const;
  void explain_truth(const Json& facts, Mode mode, std::vector<Reason>& out) const;
  void collect_paths(std::vector<std::string>& out) const;
};

Result<Rules::Node> Rules::Node::read_object(const Json& rules, std::string_view source,
                                             int depth) {
  const Json::Object* members = rules.if_object();
  if (!members)
    return error_at(
        source, rules.at(),
        std::string("rules are an object of \"path\": constraint, not ") + rules.type_name());
  if (depth > kMaxDepth)
    return error_at(source, rules.at(),
                    "rules nest deeper than " + std::to_string(kMaxDepth) + " levels");
  Node node;
  for (const Json::Member& member : *members) {
    Result<Node> child = read_member(member, source, depth);
    if (!child) return child.error();
    node.children.push_back(std::move(child).value());
  }
  if (!node.children.empty()) node.path = node.children.front().path;
  return node;
}

Result<Rules::Node> Rules::Node::read_member(const Json::Member& member, std::string_view source,
                                             int depth) {
  const std::string& key = member.key;
  if (std::find(combiners().begin(), combiners().end(), key) != combiners().end())
    return read_group(member, source, depth);
  const size_t dot = key.find('.');
  if (dot == std::string::npos)
    return error_at(source, member.key_at,
                    "\"" + key +
                        "\" is no path such as \"media.duration\", nor one of all, any, not" +
                        did_you_mean(key, combiners()));
  const std::string root = key.substr(0, dot);
  if (std::find(roots().begin(), roots().end(), root) == roots().end())
    return error_at(source, member.key_at,
                    "the path \"" + key + "\" must begin with metadata, media or quality" +
                        did_you_mean(root, roots()));
  if (key.back() == '.' || key.find("..") != std::string::npos)
    return error_at(source, member.key_at, "the path \"" + key + "\" has an empty step");
  Result<Constraint> constraint = Constraint::from_json(member.value, source);
  if (!constraint) return constraint.error();
  Node node;
  node.kind = Kind::kLeaf;
  node.path = key;
  node.constraint = std::move(constraint).value();
  return node;
}

Result<Rules::Node> Rules::Node::read_group(const Json::Member& member, std::string_view source,
                                            int depth) {
  Node node;
  node.kind = member.key == "not" ? Kind::kNot : member.key == "any" ? Kind::kAny : Kind::kAll;
  const Json::Array* list = member.value.if_array();
  if (node.kind != Kind::kNot && (!list || list->empty()))
    return error_at(source, member.value.at(),
                    "\"" + member.key + "\" must be a list of at least one object of rules");
  const Json::Array single = list ? Json::Array{} : Json::Array{member.value};
  if (node.kind == Kind::kNot && list)
    return error_at(source, member.value.at(), "\"not\" must be one object of rules, not a list");
  for (const Json& rules : list ? *list : single) {
    Result<Node> child = read_object(rules, source, depth + 1);
    if (!child) return child.error();
    if (child->children.empty())
      return error_at(source, rules.at(), "there is no rule in this object");
    node.children.push_back(std::move(child).value());
  }
  node.path = node.children.front().path;
  return node;
}

Truth Rules::Node::leaf_truth(const Json& facts, Mode mode) const {
  const Json* value = fact_at(facts, path);
  if (!value) {
    if (mode == Mode::kTrigger) return Truth::kUnknown;
    return constraint.required() ? Truth::kNo : Truth::kYes;
  }
  switch (constraint.check(*value)) {
    case Constraint::Met::kYes:
      return Truth::kYes;
    case Constraint::Met::kNo:
      return Truth::kNo;
    case Constraint::Met::kUndecided:
      break;
  }
  return mode == Mode::kTrigger ? Truth::kYes : Truth::kNo;
}

Truth Rules::Node::truth(const Json& facts, Mode mode) const {
  switch (kind) {
    case Kind::kLeaf:
      return leaf_truth(facts, mode);
    case Kind::kNot:
      return opposite(children.front().truth(facts, mode));
    case Kind::kAll: {
      Truth least = Truth::kYes;
      for (const Node& child : children) least = std::min(least, child.truth(facts, mode));
      return least;
    }
    case Kind::kAny: {
      Truth most = Truth::kNo;
      for (const Node& child : children) most = std::max(most, child.truth(facts, mode));
      return most;
    }
  }
  return Truth::kUnknown;
}

// Why this node is not true; called only where it isn't.
void Rules::Node::explain_failure(const Json& facts, Mode mode, std::vector<Reason>& out) const {
  switch (kind) {
    case Kind::kLeaf: {
      const Json* value = fact_at(facts, path);
      std::string message = path;
      if (!value) {
        message += " is missing; " + constraint.needed(true);
      } else {
        message += " is " + constraint.shown_fact(*value);
        if (constraint.check(*value) == Constraint::Met::kUndecided)
          message += ", which took too long to compare";
        message += "; " + constraint.needed(!value->is_number());
      }
      out.push_back({path, message + " is needed"});
      return;
    }
    case Kind::kNot:
      children.front().explain_truth(facts, mode, out);
      return;
    case Kind::kAll:
      for (const Node& child : children)
        if (child.truth(facts, mode) != Truth::kYes) child.explain_failure(facts, mode, out);
      return;
    case Kind::kAny: {
      std::string message = "at least one of these must hold:";
      for (size_t i = 0; i < children.size(); ++i) {
        std::vector<Reason> inner;
        children[i].explain_failure(facts, mode, inner);
        message += " (" + std::to_string(i + 1) + ") " + joined_messages(inner, " and ") +
                   (i + 1 < children.size() ? ";" : "");
      }
      out.push_back({path, std::move(message)});
      return;
    }
  }
}

// Why this node is true; called only where it is.
void Rules::Node::explain_truth(const Json& facts, Mode mode, std::vector<Reason>& out) const {
  switch (kind) {
    case Kind::kLeaf: {
      const Json* value = fact_at(facts, path);
      if (!value) {
        out.push_back({path, path + " is missing, which is not accepted"});
        return;
      }
      std::string message = path + " is " + constraint.shown_fact(*value);
      if (constraint.check(*value) == Constraint::Met::kUndecided)
        message += ", which took too long to compare";
      out.push_back(
          {path, message + "; " + constraint.refused(!value->is_number()) + " is not accepted"});
      return;
    }
    case Kind::kNot:
      children.front().explain_failure(facts, mode, out);
      return;
    case Kind::kAll: {
      std::vector<Reason> inner;
      for (const Node& child : children) child.explain_truth(facts, mode, inner);
      out.push_back({path, joined_messages(inner, " and ")});
      return;
    }
    case Kind::kAny:
      for (const Node& child : children)
        if (child.truth(facts, mode) == Truth::kYes) child.explain_truth(facts, mode, out);
      return;
  }
}

void Rules::Node::collect_paths(std::vector<std::string>& out) const {
  if (kind == Kind::kLeaf && std::find(out.begin(), out.end(), path) == out.end())
    out.push_back(path);
  for (const Node& child : children) child.collect_paths(out);
}

Rules::Rules() : root_(std::make_shared<Node>()) {}
Rules::Rules(const Rules&) = default;
// A rule set that was moved from stays usable: it is the same, shared one.
Rules::Rules(Rules&& other) noexcept : root_(other.root_) {}
Rules& Rules::operator=(const Rules&) = default;
Rules& Rules::operator=(Rules&& other) noexcept {
  root_ = other.root_;
  return *this;
}
Rules::~Rules() = default;

Result<Rules> Rules::from_json(const Json& rules, std::string_view source) {
  Result<Node> root = Node::read_object(rules, source, 1);
  if (!root) return root.error();
  Rules read;
  read.root_ = std::make_shared<const Node>(std::move(root).value());
  return read;
}

bool Rules::empty() const {
  return root_->children.empty();
}

std::vector<std::string> Rules::paths() const {
  std::vector<std::string> paths;
  root_->collect_paths(paths);
  return paths;
}

std::vector<Reason> Rules::violations(const Json& facts) const {
  std::vector<Reason> reasons;
  root_->explain_failure(facts, Mode::kRequirement, reasons);
  return reasons;
}

std::vector<Reason> Rules::triggers(const Json& facts) const {
  std::vector<Reason> reasons;
  for (const Node& rule : root_->children)
    if (rule.truth(facts, Mode::kTrigger) == Truth::kYes)
      rule.explain_truth(facts, Mode::kTrigger, reasons);
  return reasons;
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kHold:
      return "hold";
    case Verdict::kReject:
      return "reject";
  }
  return "reject";
}

// Optimal string alignment distance (insert, delete, replace, swap of neighbours), letters' case
// not counted. A word is near when at most a third of it, and at least one letter, differs.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  constexpr size_t kLongestWord = 64;
  if (word.size() > kLongestWord) return "";
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  const auto distance = [&](std::string_view other) {
    std::vector<size_t> before_last, last(other.size() + 1), row(other.size() + 1);
    for (size_t j = 0; j <= other.size(); ++j) last[j] = j;
    for (size_t i = 1; i <= word.size(); ++i) {
      row[0] = i;
      for (size_t j = 1; j <= other.size(); ++j) {
        const bool same = lower(word[i - 1]) == lower(other[j - 1]);
        row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
        const bool swapped = i > 1 && j > 1 && lower(word[i - 1]) == lower(other[j - 2]) &&
                             lower(word[i - 2]) == lower(other[j - 1]);
        if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
      before_last = last;
      std::swap(last, row);
    }
    return last[other.size()];
  };
  std::string nearest;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t away = distance(candidate);
    if (away < least) {
      least = away;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace filmgate
