// The one server of this program, started when the first test asks for it.
#pragma once

#include <string>

#include "tests/support/postgresql.h"

namespace filmgate {

// Null where PostgreSQL isn't installed.
test::PostgresqlServer* postgresql_server();

// The URL of its one database, emptied: to make a new one for each test would take most of the
// time.
std::string empty_database();

}  // namespace filmgate
