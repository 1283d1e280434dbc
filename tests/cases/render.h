// Values as the text cases and the conformance suite write them: (:Person {name: 'a'}),
// [:OWNS {since: 1}], <(:A)-[:T]->(:B)>; the rest as literals.
#pragma once

#include <string>

#include "query/engine/elements.h"
#include "storage/base/value.h"

namespace skein::cases {

std::string Render(const Value& value, const Elements& elements);

}  // namespace skein::cases
