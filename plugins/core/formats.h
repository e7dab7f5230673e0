// Strict checks of the text formats that a rule can ask for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filmgate {

enum class TextFormat { kEmail, kDate, kDateTime, kUri, kUuid };

std::optional<TextFormat> text_format_from_name(std::string_view name);
const std::vector<std::string>& text_format_names();
// "an e-mail address", "a date (YYYY-MM-DD)"…
const char* describe(TextFormat format);

// email: addr-spec of RFC 5322 as dot-atom, ASCII, a domain of two or more labels, lengths of
// RFC 5321. date, date-time: RFC 3339, with real calendar days; a leap second only at 23:59:60 UTC.
// uri: RFC 3986 with a scheme, ASCII. uuid: RFC 4122's 36 characters, either case.
bool matches(TextFormat format, std::string_view text);

}  // namespace filmgate
