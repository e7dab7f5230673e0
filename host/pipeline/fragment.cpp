#include "host/pipeline/fragment.h"

#include <algorithm>
#include <cctype>

#include "host/pipeline/plan.h"

namespace filmgate {
namespace {

struct Token {
  std::string text;     // quotes removed
  bool quoted = false;  // any part of it stood in quotes
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

Error bad(const std::string& what) {
  return {ErrorCode::kInvalidInput, what};
}

Result<std::vector<Token>> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  size_t i = 0;
  while (i < text.size()) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    Token token;
    while (i < text.size() && !is_space(text[i])) {
      const char c = text[i];
      if (static_cast<unsigned char>(c) < 0x20)
        return bad("a control character stands in the text");
      if (c == '\\') {
        if (i + 1 == text.size()) return bad("a backslash stands at the end");
        token.text += text[i + 1];
        token.quoted = true;
        i += 2;
      } else if (c == '"' || c == '\'') {
        token.quoted = true;
        ++i;
        while (i < text.size() && text[i] != c) {
          if (text[i] == '\\' && i + 1 < text.size()) ++i;
          token.text += text[i++];
        }
        if (i == text.size()) return bad(std::string("the quote ") + c + " is not closed");
        ++i;
      } else {
        token.text += c;
        ++i;
      }
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
         });
}

bool is_link(const Token& token) {
  return !token.quoted && token.text == "!";
}

bool is_caps_start(const Token& token) {
  const size_t end = token.text.find_first_of(",(;=");
  return token.text.substr(0, end).find('/') != std::string::npos;
}

Error unexpected(const Token& token) {
  if (token.text.find_first_of("()") != std::string::npos)
    return bad("\"" + token.text + "\": bins in parentheses are not possible here");
  if (!token.text.empty() && token.text.find('=') == std::string::npos &&
      token.text.find('.') != std::string::npos)
    return bad("\"" + token.text + "\": links to pads of other elements are not possible here");
  return bad("\"" + token.text + "\" is not the name of an element");
}

Result<LaunchProperty> property_of(const Token& token, const std::string& element) {
  const size_t equals = token.text.find('=');
  if (equals == std::string::npos) {
    const Error error = unexpected(token);
    if (!is_name(token.text)) return error;
    return bad("\"" + token.text + "\" after " + element +
               " is no property (name=value); elements are linked by \"!\"");
  }
  LaunchProperty property{token.text.substr(0, equals), token.text.substr(equals + 1)};
  if (!is_name(property.name))
    return bad(property.name.empty()
                   ? "a property is written name=value, without spaces around \"=\""
                   : "\"" + property.name + "\" is not the name of a property of " + element);
  if (property.value.empty() && !token.quoted)
    return bad("the property " + property.name + " of " + element +
               " has no value; it is written name=value, without spaces around \"=\"");
  if (property.name == "name")
    return bad("elements can't be named here: leave out name=" + property.value);
  return property;
}

}  // namespace

const std::string* LaunchStep::property(std::string_view name) const {
  for (const auto& item : properties)
    if (item.name == name) return &item.value;
  return nullptr;
}

void LaunchStep::set_default(std::string_view name, std::string value) {
  if (property(name) == nullptr) properties.push_back({std::string(name), std::move(value)});
}

Result<LaunchChain> parse_chain(std::string_view text) {
  auto tokens = tokens_of(text);
  if (!tokens.ok()) return tokens.error();
  LaunchChain chain;
  bool expect_step = true;
  for (size_t i = 0; i < tokens->size(); ++i) {
    const Token& token = (*tokens)[i];
    if (is_link(token)) {
      if (expect_step)
        return bad(chain.empty() ? "nothing stands before the first \"!\""
                                 : "nothing stands between two \"!\"");
      expect_step = true;
    } else if (!expect_step && chain.back().element.empty()) {
      chain.back().caps += token.text;  // "audio/x-raw, channels=2"
    } else if (!expect_step) {
      auto property = property_of(token, chain.back().element);
      if (!property.ok()) return property.error();
      if (chain.back().property(property->name) != nullptr)
        return bad("the property " + property->name + " of " + chain.back().element +
                   " is set twice");
      chain.back().properties.push_back(*std::move(property));
    } else if (is_caps_start(token)) {
      chain.push_back({.element = {}, .caps = token.text, .properties = {}});
      expect_step = false;
    } else {
      if (!is_name(token.text)) return unexpected(token);
      chain.push_back({.element = token.text, .caps = {}, .properties = {}});
      expect_step = false;
    }
  }
  if (expect_step && !chain.empty()) return bad("nothing stands after the last \"!\"");
  return chain;
}

std::string to_launch(const LaunchStep& step) {
  if (step.element.empty()) {
    const bool plain = std::all_of(step.caps.begin(), step.caps.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view("/,=.+-_:").find(c) != std::string_view::npos;
    });
    return plain ? step.caps : "capsfilter caps=" + launch_quote(step.caps);
  }
  std::string text = step.element;
  for (const auto& property : step.properties)
    text += " " + property.name + "=" + launch_quote(property.value);
  return text;
}

std::string to_launch(const LaunchChain& chain) {
  std::string text;
  for (const auto& step : chain) {
    if (!text.empty()) text += " ! ";
    text += to_launch(step);
  }
  return text;
}

std::string launch_quote(const std::string& text) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c >= 0x80 ||
           std::string_view("_-+./:,%@=").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  // gst-launch strips the outer quotes and then takes backslashes away, except between double
  // quotes inside. Single quotes read the same in a shell; only an apostrophe needs double ones.
  const bool apostrophe = text.find('\'') != std::string::npos;
  const char quote = apostrophe ? '"' : '\'';
  std::string out(1, quote);
  bool after_quote = false;  // gst-launch no longer protects spaces of a shell's argument there
  for (const char c : text) {
    const bool special = c == '"' || c == '\\' || (apostrophe && (c == '$' || c == '`'));
    if (special || (after_quote && c == ' ')) out += '\\';
    if (c == '"') after_quote = true;
    out += c;
  }
  return out + quote;
}

std::string launch_json(const Json& value) {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::string text = to_text(value);
  std::string out = "'";
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      in_string = !in_string;
      out += c;
      continue;
    }
    if (in_string && c == '\\') {
      c = text[++i];
      if (c == 'u') {
        out += "\\u";
        continue;
      }
      const std::string_view letters = "bfnrt";
      const std::string_view codes = "\b\f\n\r\t";
      const size_t letter = letters.find(c);
      if (letter != std::string_view::npos) c = codes[letter];
    } else if (!in_string || std::string_view(" '!$`\\").find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    out += "\\u00";
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  return out + "'";
}

}  // namespace filmgate
