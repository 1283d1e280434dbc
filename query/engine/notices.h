// Notices: what a statement names that nothing visible has, with the nearest name that something
// has. No errors: a label that nobody carries matches nothing.
//
// Visible   A label or type that only hidden elements carry is as unknown as one that nobody has.
//           A key counts as known where a sample of what the viewer sees shows it.
// Cost      A look-up and a count a name; all names are compared only where one is unknown.
#pragma once

#include <vector>

#include "query/bind/query.h"
#include "query/engine/engine.h"
#include "query/plan/node.h"
#include "query/procedures/visible_names.h"

namespace skein {

absl::StatusOr<std::vector<Notice>> NoticesOf(const std::vector<bind::NameUse>& names,
                                              const Reader& reader, const Viewer& viewer,
                                              procedures::VisibleKeyCache& keys);

// What the plan foretells: all pairs of two sets of rows, walks without an upper bound, more work
// than kLongWork. Rests on the viewer's own statistics.
inline constexpr double kLongWork = 10'000'000;
std::vector<Notice> NoticesOf(const plan::Plan& plan, double estimated_work);

// Forms that newer ones have taken the place of; they keep their meaning.
std::vector<Notice> NoticesOf(const std::vector<syntax::OlderForm>& forms);

}  // namespace skein
