// The Bolt sessions' view of the gate: sign-in, purpose, connections and the log, as for HTTP.
//
// Threads   Safe from any thread. Lifetime: borrows the gate.
#pragma once

#include <memory>

#include "server/auth/gate.h"
#include "server/bolt/backend.h"

namespace skein {

std::unique_ptr<bolt::Backend> MakeBoltBackend(auth::Gate& gate);

}  // namespace skein
