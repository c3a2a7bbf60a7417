// Names of the code as holdfast.xml and docs/protocol.md write them.
#pragma once

#include <cctype>
#include <string>
#include <string_view>

namespace holdfast::net::test {

/// "card_token": "cardToken".
inline std::string camel(std::string_view snake) {
  std::string out;
  bool upper = false;
  for (const char c : snake) {
    if (c == '_') {
      upper = true;
    } else {
      out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      upper = false;
    }
  }
  return out;
}

}  // namespace holdfast::net::test
