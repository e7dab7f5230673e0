// The one server of this program, started when the first test asks for it.
#pragma once

#include "tests/support/postgresql.h"

namespace filmgate {

// Null where PostgreSQL isn't installed.
test::PostgresqlServer* postgresql_server();

}  // namespace filmgate
