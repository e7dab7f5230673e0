// Descriptions that are kept in files beside the tests.
#pragma once

#include <string>

namespace filmgate::test {

// Compares with the file `name` of this folder, or writes it when FILMGATE_RENEW_GOLDEN is set.
void expect_golden(const std::string& name, const std::string& text);

void register_elements();

}  // namespace filmgate::test
