#include "plugins/metadatagate/mp4_atoms.h"

#include <cstdint>

namespace filmgate {
namespace {

using FourCharacters = std::array<char, 4>;

// What every reader of freeform items knows as the space of names that people choose.
constexpr std::string_view kNameSpace = "com.apple.iTunes";

std::string number(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(static_cast<unsigned char>(value >> shift));
  return bytes;
}

std::string atom(const FourCharacters& name, const std::string& content) {
  return number(static_cast<uint32_t>(8 + content.size())) + std::string(name.data(), name.size()) +
         content;
}

std::string text_data(std::string_view text) {
  constexpr uint32_t kUtf8 = 1;  // the type of a value; after it comes its locale, 0 for any
  return atom({'d', 'a', 't', 'a'}, number(kUtf8) + number(0) + std::string(text));
}

// "mean" and "name" begin with a version and flags, all 0.
std::string full_atom(const FourCharacters& name, std::string_view text) {
  return atom(name, number(0) + std::string(text));
}

}  // namespace

std::string mp4_item(const FourCharacters& name, std::string_view text) {
  return atom(name, text_data(text));
}

std::string mp4_free_item(std::string_view name, std::string_view text) {
  return atom({'-', '-', '-', '-'}, full_atom({'m', 'e', 'a', 'n'}, kNameSpace) +
                                        full_atom({'n', 'a', 'm', 'e'}, name) + text_data(text));
}

}  // namespace filmgate
