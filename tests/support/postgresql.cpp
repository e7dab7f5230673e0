#include "tests/support/postgresql.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "host/base/file.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

// /usr/lib/postgresql/15/bin of Debian; the newest.
std::string find_programs() {
  std::string found;
  int newest = 14;
  std::error_code absent;
  for (const fs::directory_entry& version : fs::directory_iterator("/usr/lib/postgresql", absent)) {
    const int number = std::atoi(version.path().filename().c_str());
    if (number <= newest || !fs::exists(version.path() / "bin/initdb")) continue;
    newest = number;
    found = version.path() / "bin";
  }
  return found;
}

// The server refuses to be root's.
const passwd* unprivileged_user() {
  if (::geteuid() != 0) return nullptr;
  const passwd* user = ::getpwnam("nobody");
  if (user == nullptr) throw std::runtime_error("there is no user nobody");
  return user;
}

int spawn(const std::vector<std::string>& arguments, const std::string& log) {
  const passwd* const user = unprivileged_user();
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
                          ::setuid(user->pw_uid) != 0)) {
    ::_exit(126);
  }
  // After the change of user, which would undo it: SIGQUIT is "stop at once".
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent) ::_exit(126);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

std::unique_ptr<PostgresqlServer> PostgresqlServer::start() {
  const std::string programs = find_programs();
  if (programs.empty()) return nullptr;
  std::unique_ptr<PostgresqlServer> server(new PostgresqlServer(programs));
  server->initialize();
  server->launch();
  return server;
}

PostgresqlServer::PostgresqlServer(std::string programs) : programs_(std::move(programs)) {
  // Short: a socket's path has about a hundred characters.
  char path[] = "/tmp/filmgate-pg-XXXXXX";
  if (::mkdtemp(path) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = path;
  if (const passwd* user = unprivileged_user();
      user != nullptr && ::chown(path, user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("cannot give away " + folder_);
  }
}

PostgresqlServer::~PostgresqlServer() {
  crash();
  (void)remove_tree(folder_).ok();
}

void PostgresqlServer::initialize() {
  const int pid = spawn({programs_ + "/initdb", "-D", folder_ + "/data", "-U", "filmgate", "-A",
                         "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
                        folder_ + "/log");
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0)
    throw std::runtime_error("initdb failed: " + read_file(folder_ + "/log", 1 << 20).value());
}

void PostgresqlServer::launch() {
  // Nothing here has to survive a power cut.
  pid_ = spawn(
      {programs_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-h", "", "-c", "fsync=off",
       "-c", "full_page_writes=off", "-c", "max_connections=40", "-c", "shared_buffers=32MB"},
      folder_ + "/log");
  const std::string url = PostgresqlServer::url(folder_, "postgres");
  if (!wait_until([&] { return PQping(url.c_str()) == PQPING_OK; })) {
    throw std::runtime_error("the server doesn't answer: " +
                             read_file(folder_ + "/log", 1 << 20).value());
  }
}

void PostgresqlServer::crash() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGQUIT);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
}

std::string PostgresqlServer::url(const std::string& socket_folder, const std::string& database) {
  std::string host;
  for (const char c : socket_folder) host += c == '/' ? std::string("%2F") : std::string(1, c);
  return "postgresql://filmgate@" + host + "/" + database;
}

std::string PostgresqlServer::new_database() {
  const std::string name = "db" + std::to_string(++databases_);
  const std::string refused =
      sql(url(folder_, "postgres"), "CREATE DATABASE " + name + " TEMPLATE template0");
  if (!refused.empty()) throw std::runtime_error(refused);
  return url(folder_, name);
}

std::string PostgresqlServer::sql(const std::string& database_url, const std::string& statements) {
  PGconn* const connection = PQconnectdb(database_url.c_str());
  PQsetNoticeReceiver(
      connection, [](void*, const PGresult*) {}, nullptr);
  PGresult* const result = PQexec(connection, statements.c_str());
  std::string value;
  if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0) {
    value = PQgetvalue(result, 0, 0);
  } else if (PQresultStatus(result) == PGRES_FATAL_ERROR || result == nullptr) {
    value = PQerrorMessage(connection);
  }
  PQclear(result);
  PQfinish(connection);
  return value;
}

}  // namespace filmgate::test
