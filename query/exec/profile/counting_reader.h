// CountingReader: a Reader that counts the calls which go to storage, for PROFILE.
//
// Cost      One increment a call. A call is at most one storage round trip (reader.h), and none
// where
//           all it needs is in memory. Cursors count their opening only.
// Threads   As the reader's; the counter is the run's own.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "storage/graph/reader.h"

namespace skein::exec {

// `*calls` grows by one a call. Borrows both.
std::unique_ptr<Reader> MakeCountingReader(const Reader& reader, uint64_t* calls);

}  // namespace skein::exec
