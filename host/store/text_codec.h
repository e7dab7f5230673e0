// Any bytes as valid text, and back. The tail of a worker's log may be cut within a character or
// hold what no encoding knows; PostgreSQL keeps valid UTF-8 without NUL only, and so does JSON.
#pragma once

#include <string>
#include <string_view>

namespace filmgate {

// Valid UTF-8 stays as it is. Each NUL and each byte that belongs to no valid character becomes one
// of the 256 characters from U+10FF00 on, private ones; so do the bytes of these themselves, so
// that nothing is ambiguous.
std::string to_valid_text(std::string_view bytes);
std::string from_valid_text(std::string_view text);

}  // namespace filmgate
