// What the tables of fields in `messages/*_fields.h` are written with. A row names a member of a
// message's struct, its name in `holdfast.xml` and its type there, in the order of the bytes;
// offset, length and primitive type follow from the struct. Only for `schema.cc`, which proves that
// no byte is left out. No state; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "net/protocol/messages/basics.h"
#include "net/protocol/messages/pages.h"
#include "net/protocol/schema.h"

namespace holdfast::net::wire {

template <class T>
consteval Primitive primitive_of() {
  using Element = std::remove_all_extents_t<T>;
  if constexpr (std::is_same_v<Element, std::uint8_t>) return Primitive::uint8;
  else if constexpr (std::is_same_v<Element, std::uint16_t>) return Primitive::uint16;
  else if constexpr (std::is_same_v<Element, std::uint32_t>) return Primitive::uint32;
  else if constexpr (std::is_same_v<Element, std::uint64_t>) return Primitive::uint64;
  else if constexpr (std::is_same_v<Element, std::int32_t>) return Primitive::int32;
  else if constexpr (std::is_same_v<Element, std::int64_t>) return Primitive::int64;
  else if constexpr (std::is_same_v<Element, char>) return Primitive::character;
  else if constexpr (std::is_same_v<Element, Limit>) return Primitive::limit;
  else if constexpr (std::is_same_v<Element, Tally>) return Primitive::tally;
  else if constexpr (std::is_same_v<Element, RuleSetRow>) return Primitive::row;
  else {
    static_assert(std::is_same_v<Element, Id128>, "a type that the schema does not have");
    return Primitive::id128;
  }
}

#define HOLDFAST_FIELD(Message, member, name, type)                          \
  FieldInfo {                                                                \
    name, #member, type, offsetof(Message, member), sizeof(Message::member), \
        primitive_of<decltype(Message::member)>()                            \
  }

}  // namespace holdfast::net::wire
