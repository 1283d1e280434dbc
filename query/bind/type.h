// Static types of expressions: sets of the kinds a value may turn out to have.
//
// Purpose   Just enough to refuse at compile time what can never work (openCypher's
//           InvalidArgumentType, VariableTypeConflict), never to refuse what might.
// Shape     The set of kinds (functions::Type) of the value and, where it is a list, of its
//           elements, one level down. Null is a member of every type; anything unknown is kAny.
#pragma once

#include <cstdint>

#include "query/functions/function.h"
#include "storage/base/value.h"

namespace skein::bind {

using Kinds = functions::Type;

struct Type {
  Kinds kinds = Kinds::kAny;
  Kinds elements = Kinds::kAny;

  static constexpr Type Of(Kinds kinds) { return {kinds, Kinds::kAny}; }
  static constexpr Type ListOf(Kinds elements) { return {Kinds::kList, elements}; }

  // Some value of it may be of one of `wanted`, or it may be null.
  bool may_be(Kinds wanted) const { return !functions::NeverFits(kinds, wanted); }
  // Never anything outside `wanted` but null.
  bool is_only(Kinds wanted) const {
    return kinds != Kinds::kNone &&
           (static_cast<uint32_t>(kinds) & ~static_cast<uint32_t>(wanted)) == 0;
  }
  Type element() const { return (kinds & Kinds::kList) == Kinds::kNone ? Type{} : Of(elements); }
  Type Union(const Type& other) const {
    // The elements of what cannot be a list say nothing.
    const bool list = (kinds & Kinds::kList) != Kinds::kNone;
    const bool other_list = (other.kinds & Kinds::kList) != Kinds::kNone;
    Kinds merged = elements | other.elements;
    if (list && !other_list) merged = elements;
    if (!list && other_list) merged = other.elements;
    return {kinds | other.kinds, merged};
  }
};

}  // namespace skein::bind
