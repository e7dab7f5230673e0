// A PostgreSQL server of the test's own: in a private folder, on a Unix socket there and nowhere
// else, run by an unprivileged user, ended with the test however the test ends.
#pragma once

#include <memory>
#include <string>

namespace filmgate::test {

class PostgresqlServer {
 public:
  // Null where the server's programs are not installed: the test then skips and says so.
  static std::unique_ptr<PostgresqlServer> start();
  ~PostgresqlServer();
  PostgresqlServer(const PostgresqlServer&) = delete;
  PostgresqlServer& operator=(const PostgresqlServer&) = delete;

  // The URL of a new, empty database.
  std::string new_database();
  // The same database by way of another socket folder.
  static std::string url(const std::string& socket_folder, const std::string& database);
  const std::string& folder() const { return folder_; }

  // As after a crash: no process has time for anything. launch() then recovers.
  void crash();
  void launch();

  // Runs SQL behind the back of whom the test is about; gives the first value, or what was refused.
  std::string sql(const std::string& database_url, const std::string& statements);

 private:
  explicit PostgresqlServer(std::string programs);
  void initialize();

  std::string programs_;
  std::string folder_;
  int pid_ = -1;
  int databases_ = 0;
};

}  // namespace filmgate::test
