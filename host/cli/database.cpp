// `filmgate db`: what a person does to the store by hand.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "host/base/file.h"
#include "host/cli/commands.h"
#include "host/cli/local.h"
#include "host/store/maintenance.h"

namespace filmgate::cli {
namespace {

constexpr size_t kBlock = 64 * 1024;

// Lines are gathered, or each would be a call to the system.
class Lines {
 public:
  Lines(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  Result<void> add(const std::string& line) {
    block_ += line;
    block_ += '\n';
    return block_.size() < kBlock ? Result<void>() : flush();
  }
  Result<void> flush() {
    auto written = write_all(fd_, block_, name_);
    block_.clear();
    return written;
  }

 private:
  int fd_;
  std::string name_;
  std::string block_;
};

}  // namespace

int migrate_database(const StoreOptions& options) {
  auto configuration = read_configuration(options);
  if (!configuration) return report(configuration.error());
  auto done = migrate_store(store_url_of(*configuration), configuration->store_password);
  if (!done) return report(done.error());
  if (done->before == done->after) {
    std::printf("the schema has version %d already\n", done->after);
  } else {
    std::printf("the schema went from version %d to %d\n", done->before, done->after);
  }
  return kPublished;
}

int check_database(const StoreOptions& options) {
  auto configuration = read_configuration(options);
  if (!configuration) return report(configuration.error());
  auto checked = check_store(store_url_of(*configuration), configuration->store_password);
  if (!checked) return report(checked.error());
  std::printf("schema version %d\n", checked->schema_version);
  for (const auto& [table, rows] : checked->rows) {
    std::printf("%-20s %lld\n", table.c_str(), static_cast<long long>(rows));
  }
  for (const std::string& problem : checked->problems) {
    std::fprintf(stderr, "filmgate: %s\n", problem.c_str());
  }
  return checked->problems.empty() ? kPublished : kFailure;
}

int export_database(const StoreOptions& options) {
  auto configuration = read_configuration(options);
  if (!configuration) return report(configuration.error());
  Fd file;
  if (!options.output.empty()) {
    auto made = open_file(options.output, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!made) return report(made.error());
    file = *std::move(made);
  }
  Lines lines(file ? file.get() : STDOUT_FILENO, file ? options.output : "the standard output");
  auto done = export_store(store_url_of(*configuration), configuration->store_password,
                           [&](const std::string& line) { return lines.add(line); });
  if (done.ok()) done = lines.flush();
  if (done.ok() && file) done = fsync_file(options.output);
  if (done.ok()) return kPublished;
  if (file) ::unlink(options.output.c_str());  // half of it would look like the whole
  return report(done.error());
}

}  // namespace filmgate::cli
