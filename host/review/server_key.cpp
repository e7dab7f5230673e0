#include "host/review/server_key.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "host/base/file.h"
#include "host/base/hash.h"
#include "host/base/id.h"

namespace filmgate {
namespace {

constexpr const char* kSetting = "server_key";
constexpr size_t kLeastBytes = 32;
constexpr size_t kMostBytes = 4096;

Result<std::string> key_from_file(const std::string& path) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd) return fd.error();
  struct stat status {};
  if (fstat(fd->get(), &status) == 0 && (status.st_mode & 0077) != 0) {
    return Error{ErrorCode::kPermission,
                 path + " holds the key of the review links but others may use it: chmod 600 it"};
  }
  auto content = read_fd(fd->get(), kMostBytes, path);
  if (!content) return content;
  if (content->size() < kLeastBytes) {
    return Error{ErrorCode::kInvalidInput,
                 path + " is shorter than 32 bytes; make a key with: openssl rand -base64 48"};
  }
  // Whatever its form, the key is used as 32 bytes.
  const Sha256Digest digest = sha256(*content);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

}  // namespace

Result<std::string> server_key(const std::string& key_file, Store& store) {
  if (!key_file.empty()) return key_from_file(key_file);
  std::string key;
  FILMGATE_TRY(store.transact([&key](Transaction& tx) -> Result<void> {
    auto kept = tx.setting(kSetting);
    if (!kept) return kept.error();
    if (*kept) {
      key = from_base64(**kept).value_or("");
      if (key.size() >= kLeastBytes) return {};
      return Error{ErrorCode::kInternal, "the store's setting server_key is damaged"};
    }
    key = from_base64url(random_token(kLeastBytes)).value_or("");
    return tx.set_setting(kSetting, to_base64(key));
  }));
  return key;
}

}  // namespace filmgate
